//! How many different values: exact while few, then HyperLogLog.
//!
//! The estimate is Ertl's ("New cardinality estimation algorithms for HyperLogLog sketches", 2017),
//! which needs no tables of corrections and holds from few to very many. The state depends only on
//! which values were taken. The hash is our own and fixed for good, because sketches made by other
//! processes, also of other versions, are to be merged with ours.

/// Registers as a power of two: 4096 bytes, 1.6 % standard error.
const PRECISION: u32 = 12;
const REGISTERS: usize = 1 << PRECISION;
/// Bits of a hash that are left to count leading zeros in.
const RANK_BITS: u32 = 64 - PRECISION;
/// Different values kept exactly, as hashes: 2 KiB.
const EXACT: usize = 256;

/// Mixes all bits of a word into all others (the finalizer of SplitMix64).
const fn mix(mut h: u64) -> u64 {
    h = (h ^ (h >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    h = (h ^ (h >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    h ^ (h >> 31)
}

/// The fixed hash of some bytes.
pub fn hash_bytes(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut h = 0x9e37_79b9_7f4a_7c15 ^ bytes.len() as u64;
    for word in words {
        h = mix(h ^ u64::from_le_bytes(*word));
    }
    let mut last = [0u8; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(h ^ u64::from_le_bytes(last))
}

/// Counts different values.
#[derive(Clone, Debug, Default)]
pub struct Distinct {
    /// Hashes, sorted, while few.
    exact: Vec<u64>,
    /// Registers, once many; empty before.
    registers: Vec<u8>,
}

impl Distinct {
    /// Of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a value by its hash, see [`hash_bytes`].
    pub fn add(&mut self, hash: u64) {
        if !self.registers.is_empty() {
            self.register(hash);
            return;
        }
        if let Err(i) = self.exact.binary_search(&hash) {
            if self.exact.len() < EXACT {
                self.exact.insert(i, hash);
            } else {
                self.make_registers();
                self.register(hash);
            }
        }
    }

    fn make_registers(&mut self) {
        self.registers.resize(REGISTERS, 0);
        for hash in std::mem::take(&mut self.exact) {
            self.register(hash);
        }
    }

    fn register(&mut self, hash: u64) {
        let index = (hash >> RANK_BITS) as usize;
        let rank = ((hash << PRECISION).leading_zeros().min(RANK_BITS) + 1) as u8;
        let register = &mut self.registers[index];
        *register = (*register).max(rank);
    }

    /// Takes all another has taken.
    pub fn merge(&mut self, other: &Self) {
        if other.registers.is_empty() {
            other.exact.iter().for_each(|&h| self.add(h));
            return;
        }
        if self.registers.is_empty() {
            self.make_registers();
        }
        for (mine, theirs) in self.registers.iter_mut().zip(&other.registers) {
            *mine = (*mine).max(*theirs);
        }
    }

    /// How many different values, rounded to a whole number.
    pub fn estimate(&self) -> f64 {
        if self.registers.is_empty() {
            return self.exact.len() as f64;
        }
        let q = RANK_BITS as usize;
        let mut counts = vec![0u32; q + 2];
        self.registers.iter().for_each(|&r| counts[r as usize] += 1);
        let m = REGISTERS as f64;
        let mut z = m * tau(1.0 - f64::from(counts[q + 1]) / m);
        for &count in counts[1..=q].iter().rev() {
            z = 0.5 * (z + f64::from(count));
        }
        z += m * sigma(f64::from(counts[0]) / m);
        // alpha at infinity: 1 / (2 ln 2).
        (m * m / (2.0 * std::f64::consts::LN_2) / z).round()
    }

    /// Bytes it holds outside itself.
    pub fn heap(&self) -> usize {
        self.exact.capacity() * size_of::<u64>() + self.registers.capacity()
    }
}

/// Corrects for empty registers.
fn sigma(mut x: f64) -> f64 {
    if x >= 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z <= before {
            return z;
        }
    }
}

/// Corrects for full registers.
fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x).powi(2) * y;
        if z >= before {
            return z / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: impl IntoIterator<Item = u64>) -> Distinct {
        let mut d = Distinct::new();
        for v in values {
            d.add(hash_bytes(&v.to_le_bytes()));
        }
        d
    }

    fn bits(d: &Distinct) -> u64 {
        d.estimate().to_bits()
    }

    #[test]
    fn few_are_exact_and_many_within_five_percent() {
        assert_eq!(bits(&of([])), 0f64.to_bits());
        assert_eq!(bits(&of((0..200).chain(0..200))), 200f64.to_bits());
        for n in [300u64, 1_000, 5_000, 20_000, 200_000, 1_000_000] {
            let estimate = of(0..n).estimate();
            assert!((estimate / n as f64 - 1.0).abs() < 0.05, "{estimate} for {n}");
        }
        assert!(of(0..1_000_000).heap() <= REGISTERS);
    }

    #[test]
    fn the_hash_never_changes() {
        assert_eq!(hash_bytes(b""), mix(mix_seed(0)));
        assert_ne!(hash_bytes(b"a"), hash_bytes(b"a\0"));
        assert_eq!(
            format!("{:016x}", hash_bytes(b"bellwether")),
            format!("{:016x}", {
                let h = mix(mix_seed(10) ^ u64::from_le_bytes(*b"bellweth"));
                mix(h ^ u64::from(u16::from_le_bytes(*b"er")))
            })
        );
    }

    const fn mix_seed(len: u64) -> u64 {
        0x9e37_79b9_7f4a_7c15 ^ len
    }

    proptest! {
        #[test]
        fn order_repeats_and_merging_change_nothing(xs in prop::collection::vec(0u64..2_000, 0..1_000), cut in 0usize..1_000, seed in any::<u64>()) {
            let whole = of(xs.iter().copied());
            let mut shuffled = xs.clone();
            fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
            prop_assert_eq!(bits(&whole), bits(&of(shuffled.iter().copied().chain(xs.iter().copied()))));
            let (left, right) = xs.split_at(cut.min(xs.len()));
            let mut merged = of(left.iter().copied());
            merged.merge(&of(right.iter().copied()));
            prop_assert_eq!(bits(&merged), bits(&whole));
        }
    }
}
