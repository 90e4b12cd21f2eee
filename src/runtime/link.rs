//! What the way to the terminal bears: how fast it takes bytes, and how many are still on their way.
//!
//! A pseudo-terminal, `sshd` and TCP take kilobytes at once and hand them on when they can: that a write
//! succeeds says nothing (20 kB fit into a pseudo-terminal nobody reads, and `TIOCOUTQ` answers 0). So
//! now and then a frame ends with a question every terminal answers (`CSI 5 n`). Nothing waits for the
//! answer; it tells how long the frame was on its way. Where none comes, a write that had to wait
//! tells the same, later. On a slow link pieces are small and the next goes when the last has
//! arrived, so that a key's frame never stands behind more than a moment's bytes.

use crate::ui::{LinkState, LinkView};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// The question: "are you well?". Terminals, multiplexers and mosh answer it at once by themselves.
pub(super) const QUESTION: &[u8] = b"\x1b[5n";
/// Bytes a second from which on a link is quick: a page of a large screen takes half a second then.
const QUICK: f64 = 32_000.0;
/// The slowest link that is reckoned with, so that something always moves.
const LEAST: f64 = 200.0;
/// A frame that is on its way this much longer than the shortest one is felt.
const FELT: Duration = Duration::from_millis(150);
/// One frame as late as this is enough to call a link slow; of those only felt it takes two.
const LONG: Duration = Duration::from_millis(400);
/// Frames below this say nothing about the rate: what made them late is something else.
const TELLING: f64 = 512.0;
/// How often a quick link is asked.
const ASK_EVERY: Duration = Duration::from_secs(5);
/// A frame as large as this is always worth a question.
const ASK_LARGE: usize = 2_048;
/// Questions without any answer after which no more are asked.
const UNANSWERED_MAX: usize = 3;
/// After so long an answer is not waited with any more: it was lost, or the link stands still.
const LOST: Duration = Duration::from_secs(5);
/// A piece of a slow frame is what the link takes in this time: a key waits no longer behind it.
const PIECE: Duration = Duration::from_millis(80);
/// What a key changed may go at once up to what the link takes in this time.
const KEY_PIECE: Duration = Duration::from_millis(100);
/// The smallest piece: below it, most of it would be moving the cursor.
const PIECE_LEAST: f64 = 120.0;
/// Of the measured rate so much is used: what is left makes up for a rate measured too high.
const USED: f64 = 0.85;
/// Of a budget so much is used, so that bells and rounding stay within it.
const KEPT: f64 = 0.95;
/// What a pseudo-terminal holds (measured on Linux: 20 kB) when a write to it has to wait.
const HELD: f64 = 20_000.0;
/// Answers in a row that came early after which the rate is taken to be higher.
const EARLY: u32 = 8;
/// Without answers, the rate is tried a little higher this often.
const TRY_EVERY: Duration = Duration::from_secs(20);
/// The time over which the rate shown is measured.
const SHOWN_OVER: Duration = Duration::from_secs(4);

/// A question on its way.
#[derive(Clone, Copy, Debug)]
struct Mark {
    /// Bytes sent up to it.
    upto: u64,
    /// Bytes of these that were not known to have arrived when it was sent.
    queued: f64,
    at: Instant,
}

/// The link.
#[derive(Debug)]
pub(super) struct Link {
    /// Set by hand, in bytes a second.
    budget: Option<f64>,
    /// As measured, while the link is slow.
    rate: Option<f64>,
    /// Bytes that are thought to be on their way at `at`.
    ahead: f64,
    at: Instant,
    sent: u64,
    arrived: u64,
    marks: VecDeque<Mark>,
    answers: bool,
    asked: Option<Instant>,
    /// The shortest time an answer took.
    base: Duration,
    late: u32,
    early: u32,
    tried: Instant,
    /// Bytes of the last seconds, for what is shown.
    recent: VecDeque<(Instant, usize)>,
}

impl Link {
    pub(super) fn new(budget: Option<u32>, now: Instant) -> Self {
        Self {
            budget: budget.map(f64::from),
            rate: None,
            ahead: 0.0,
            at: now,
            sent: 0,
            arrived: 0,
            marks: VecDeque::new(),
            answers: false,
            asked: None,
            base: Duration::from_secs(1),
            late: 0,
            early: 0,
            tried: now,
            recent: VecDeque::new(),
        }
    }

    /// The rate to keep to; `None`: the link is quick.
    fn limit(&self) -> Option<f64> {
        self.budget.map(|b| b * KEPT).or(self.rate.map(|r| r * USED))
    }

    /// Whether frames go in pieces.
    pub(super) fn slow(&self) -> bool {
        self.limit().is_some()
    }

    /// What may be sent at once; `None`: a whole frame.
    pub(super) fn allowance(&self, key: bool) -> Option<usize> {
        let over = if key { KEY_PIECE } else { PIECE };
        self.limit().map(|limit| (limit * over.as_secs_f64()).max(PIECE_LEAST) as usize)
    }

    /// How far frames that only data ask for are apart at least; `None`: as always.
    pub(super) fn apart(&self) -> Option<Duration> {
        self.limit().map(|limit| {
            Duration::from_secs(match limit as u32 {
                2_000.. => 1,
                1_000..2_000 => 2,
                _ => 5,
            })
        })
    }

    /// Whether a frame of so many bytes should end with [`QUESTION`].
    pub(super) fn asks(&self, bytes: usize, now: Instant) -> bool {
        if self.budget.is_some() || (!self.answers && self.marks.len() >= UNANSWERED_MAX) {
            return false;
        }
        let late = self.marks.front().is_some_and(|m| now - m.at > LONG);
        self.rate.is_some() || bytes >= ASK_LARGE || late || self.asked.is_none_or(|at| now - at >= ASK_EVERY)
    }

    /// Notes that so many bytes were handed over, and whether the last of them are a question.
    pub(super) fn sent(&mut self, bytes: usize, asked: bool, now: Instant) {
        self.flow(now);
        self.ahead += bytes as f64;
        self.sent += bytes as u64;
        self.recent.push_back((now, bytes));
        while self.recent.front().is_some_and(|(at, _)| now - *at > SHOWN_OVER) {
            self.recent.pop_front();
        }
        if asked {
            self.asked = Some(now);
            self.marks.push_back(Mark { upto: self.sent, queued: self.sent.saturating_sub(self.arrived) as f64, at: now });
        }
    }

    /// What is thought to be on its way gets less as time passes.
    fn flow(&mut self, now: Instant) {
        let rate = self.limit().unwrap_or(f64::INFINITY);
        let gone = (now - self.at).as_secs_f64() * rate;
        self.ahead = if gone.is_finite() { (self.ahead - gone).max(0.0) } else { 0.0 };
        self.at = now;
        while self.answers && self.marks.front().is_some_and(|m| now - m.at > LOST * 4) {
            self.marks.pop_front();
        }
    }

    /// An answer came.
    pub(super) fn answered(&mut self, now: Instant) {
        self.answers = true;
        let Some(mark) = self.marks.pop_front() else { return };
        self.flow(now);
        self.arrived = self.arrived.max(mark.upto);
        let took = now - mark.at;
        let expected = self.rate.map_or(Duration::ZERO, |r| Duration::from_secs_f64(mark.queued / r));
        self.base = self.base.min(took.saturating_sub(expected.min(took / 2)));
        let over = took.saturating_sub(self.base);
        let measured = (mark.queued / over.as_secs_f64().max(0.001)).max(LEAST);
        match self.rate {
            None if mark.queued < TELLING => {}
            None if over >= FELT => {
                self.late += 1;
                if over >= LONG || self.late >= 2 {
                    self.rate = (measured < QUICK).then_some(measured);
                    self.ahead = self.sent as f64;
                    self.early = 0;
                }
            }
            None => self.late = 0,
            Some(rate) => self.correct(rate, measured, over, expected),
        }
        self.ahead = self.ahead.min(self.sent.saturating_sub(mark.upto) as f64);
    }

    fn correct(&mut self, rate: f64, measured: f64, over: Duration, expected: Duration) {
        if over > FELT + expected {
            // Halved at most: one stumble is not the link.
            self.rate = Some(measured.clamp(rate / 2.0, rate).max(LEAST));
            self.early = 0;
        } else if over < expected.mul_f64(0.6) {
            self.early += 1;
            let much = over < expected / 8;
            if self.early >= EARLY {
                self.early = 0;
                let more = rate * if much { 2.0 } else { 1.25 };
                // Quick again: from here on frames go whole.
                self.rate = (more < QUICK).then_some(more);
                self.late = 0;
            }
        } else {
            self.early = 0;
        }
    }

    /// A write had to wait so long: where the terminal answers no question, this is all there is to go by.
    pub(super) fn stalled(&mut self, took: Duration, bytes: usize, now: Instant) {
        self.flow(now);
        if self.answers || self.budget.is_some() {
            return;
        }
        if took >= LONG {
            let measured = (bytes as f64 / took.as_secs_f64()).clamp(LEAST, QUICK);
            self.rate = Some(self.rate.map_or(measured, |r| measured.min(r)));
            self.ahead = self.ahead.max(HELD);
            self.tried = now;
        } else if let Some(rate) = self.rate.filter(|_| now - self.tried > TRY_EVERY) {
            self.tried = now;
            self.rate = (rate * 1.25 < QUICK).then_some(rate * 1.25);
        }
    }

    /// Whether an answer is on its way that is known to come.
    pub(super) fn awaits(&self, now: Instant) -> bool {
        self.answers && self.marks.back().is_some_and(|m| now - m.at < LOST)
    }

    /// When the next piece may go.
    pub(super) fn ready(&self, key: bool, now: Instant) -> Instant {
        let Some(limit) = self.limit() else {
            // An answer that is late says that the link may be slow: until it comes, data pile up nothing.
            let late = self.marks.front().filter(|m| self.answers && now - m.at > LONG && !(key && self.marks.len() < 3));
            return late.map_or(now, |m| (m.at + LOST).max(now));
        };
        let room = if key { limit * KEY_PIECE.as_secs_f64() } else { 0.0 };
        let gone = self.at + Duration::from_secs_f64((self.ahead - room).max(0.0) / limit);
        let waiting = if key { self.marks.len() >= 3 } else { !self.marks.is_empty() };
        // An answer that does not come is not waited with for ever; what is thought to be on its way is.
        let patience = if self.rate.is_some() && self.answers && waiting { self.marks.front().map(|m| m.at + LOST) } else { None };
        patience.unwrap_or(gone).max(gone).max(now)
    }

    /// After a stop: nothing is known of what is on its way.
    pub(super) fn forget(&mut self) {
        self.marks.clear();
        self.arrived = self.sent;
        self.ahead = 0.0;
    }

    /// What the screen says of it.
    pub(super) fn view(&self, now: Instant) -> LinkView {
        let sent: usize = self.recent.iter().filter(|(at, _)| now - *at <= SHOWN_OVER).map(|(_, n)| n).sum();
        let state = match (self.budget, self.rate) {
            (Some(_), _) => LinkState::Budget,
            (None, Some(_)) => LinkState::Slow,
            (None, None) => LinkState::Quick,
        };
        let rate = self.budget.or(self.rate).unwrap_or_else(|| sent as f64 / SHOWN_OVER.as_secs_f64());
        LinkView { state, rate: rate as u32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(10);

    /// A terminal at the end of a link: takes so many bytes a second, answers what it has taken.
    struct Far {
        rate: f64,
        queue: VecDeque<(f64, bool)>,
        credit: f64,
        taken: f64,
    }

    impl Far {
        fn pass(&mut self, link: &mut Link, now: Instant) {
            self.credit = (self.credit + self.rate * STEP.as_secs_f64()).min(self.rate / 10.0);
            while let Some((bytes, asked)) = self.queue.front_mut() {
                let some = bytes.min(self.credit);
                *bytes -= some;
                self.credit -= some;
                self.taken += some;
                if *bytes > 0.0 {
                    return;
                }
                let asked = *asked;
                self.queue.pop_front();
                if asked {
                    link.answered(now);
                }
            }
        }

        fn waiting(&self) -> f64 {
            self.queue.iter().map(|(n, _)| n).sum()
        }
    }

    /// Runs a console that always has more to send; gives the link, the greatest queue after `settle`, and bytes taken.
    fn run(budget: Option<u32>, rates: &[(f64, u32)], settle: u32) -> (Link, f64, f64) {
        let start = Instant::now();
        let mut link = Link::new(budget, start);
        let mut far = Far { rate: 1e9, queue: VecDeque::new(), credit: 0.0, taken: 0.0 };
        let (mut greatest, mut step, mut next) = (0.0f64, 0u32, start);
        let mut frames = VecDeque::from([20usize, 5_000]);
        for (rate, steps) in rates {
            far.rate = *rate;
            for _ in 0..*steps {
                step += 1;
                let now = start + STEP * step;
                far.pass(&mut link, now);
                if now >= next && now >= link.ready(false, now) {
                    let bytes = frames.pop_front().or(link.allowance(false)).unwrap_or(3_000);
                    let asked = link.asks(bytes, now) || step < 3;
                    link.sent(bytes, asked, now);
                    far.queue.push_back((bytes as f64, asked));
                    next = now + if link.slow() { Duration::ZERO } else { Duration::from_secs(1) };
                }
                if step > settle {
                    greatest = greatest.max(far.waiting());
                }
            }
        }
        (link, greatest, far.taken)
    }

    #[test]
    fn a_quick_link_is_never_called_slow() {
        let (link, _, _) = run(None, &[(200_000.0, 3_000)], 0);
        assert!(!link.slow() && link.allowance(true).is_none() && link.apart().is_none());
        assert_eq!(link.view(Instant::now()).state, LinkState::Quick);
    }

    #[test]
    fn a_slow_link_is_found_out_and_little_is_on_its_way() {
        for rate in [800.0, 2_400.0, 9_600.0] {
            let (link, greatest, taken) = run(None, &[(rate, 6_000)], 1_500);
            assert!(link.slow(), "{rate}");
            let delay = greatest / rate;
            assert!(delay <= 0.2, "{rate}: {greatest} bytes stand before a key, {delay} s");
            assert!(taken > rate * 60.0 * 0.4, "{rate}: only {taken} bytes of {} were used", rate * 60.0);
        }
    }

    #[test]
    fn a_link_that_gets_better_is_quick_again() {
        let (link, _, _) = run(None, &[(2_400.0, 1_500), (1e6, 4_000)], 0);
        assert!(!link.slow(), "{link:?}");
    }

    #[test]
    fn a_budget_is_kept_to_and_asks_nothing() {
        let (link, _, taken) = run(Some(1_500), &[(1e6, 6_000)], 0);
        assert!((80_000.0..=1_500.0 * 60.0 + 5_200.0).contains(&taken), "{taken}");
        assert!(!link.asks(10_000, Instant::now()));
        assert_eq!(link.view(Instant::now()), LinkView { state: LinkState::Budget, rate: 1_500 });
    }

    #[test]
    fn a_terminal_that_answers_nothing_is_asked_three_times() {
        let mut link = Link::new(None, Instant::now());
        let mut asked = 0;
        for i in 0..100 {
            let now = link.at + ASK_EVERY;
            if link.asks(3_000, now) {
                asked += 1;
                link.sent(3_000, true, now);
            }
            assert!(!link.slow() && link.ready(false, now) == now, "{i}");
        }
        assert_eq!(asked, 3);
        let now = link.at;
        link.stalled(Duration::from_secs(2), 4_800, now);
        assert_eq!(link.view(now).state, LinkState::Slow);
        assert!(link.ready(false, now) > now + Duration::from_secs(5), "what the kernel holds goes first");
    }
}
