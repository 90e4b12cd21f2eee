//! Room shared among the columns of a list by what stands in them, where a table's fixed widths would waste it.

/// A column of a table: how wide its content is, the least it can be, and how soon it goes where there is no room.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    /// The width of its widest content.
    pub want: usize,
    /// The least that means anything.
    pub least: usize,
    /// The higher, the sooner it goes.
    pub rank: u8,
}

/// Shares `room` among columns with `gap` blanks between: columns of high rank go first, then wide ones shrink. 0: gone.
pub fn shares(room: usize, gap: usize, columns: &[Share]) -> Vec<usize> {
    let mut widths = vec![0; columns.len()];
    let mut order: Vec<usize> = (0..columns.len()).filter(|i| columns[*i].want > 0).collect();
    order.sort_by_key(|i| (columns[*i].rank, *i));
    let mut left = room;
    for &i in &order {
        let need = columns[i].least.min(columns[i].want);
        let cost = need + if widths.iter().any(|w| *w > 0) { gap } else { 0 };
        if cost > left {
            continue;
        }
        widths[i] = need;
        left -= cost;
    }
    for &i in &order {
        if widths[i] > 0 {
            let more = (columns[i].want - widths[i]).min(left);
            widths[i] += more;
            left -= more;
        }
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_go_by_rank_and_shrink_to_their_least() {
        let column = |want, least, rank| Share { want, least, rank };
        let list = [column(2, 2, 0), column(20, 8, 1), column(10, 10, 2), column(30, 12, 9)];
        assert_eq!(shares(80, 1, &list), [2, 20, 10, 30]);
        assert_eq!(shares(40, 1, &list), [2, 13, 10, 12]);
        assert_eq!(shares(25, 1, &list), [2, 11, 10, 0]);
        assert_eq!(shares(1, 1, &list), [0, 0, 0, 0]);
    }
}
