//! What became of every record and every event: the sums that must always come out.

/// Counts since the start. Law: `records = undecodable + decoded`, and
/// `events = accepted + late + duplicate + invalid + erroneous`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Records handed to the machine.
    pub records: u64,
    /// Records no event could be read from.
    pub undecodable: u64,
    /// Records read (a record may hold several events, or none that is sampled in).
    pub decoded: u64,
    /// Events found in records, without those sampled out.
    pub events: u64,
    /// Events that were folded into metrics and judged.
    pub accepted: u64,
    /// Events older than the watermark.
    pub late: u64,
    /// Events seen before.
    pub duplicate: u64,
    /// Events with a missing, non-numeric or non-finite field.
    pub invalid: u64,
    /// Events outside `min`/`max`, or with an absurd time.
    pub erroneous: u64,
    /// Events left out by `sample`; these are not events.
    pub sampled_out: u64,
    /// Records of topics no stream reads.
    pub unclaimed: u64,
}

impl Counters {
    /// Whether the sums come out.
    pub fn balanced(&self) -> bool {
        self.records == self.undecodable + self.decoded
            && self.events == self.accepted + self.late + self.duplicate + self.invalid + self.erroneous
    }

    /// Adds `other` to this.
    pub fn add(&mut self, other: &Self) {
        self.records += other.records;
        self.undecodable += other.undecodable;
        self.decoded += other.decoded;
        self.events += other.events;
        self.accepted += other.accepted;
        self.late += other.late;
        self.duplicate += other.duplicate;
        self.invalid += other.invalid;
        self.erroneous += other.erroneous;
        self.sampled_out += other.sampled_out;
        self.unclaimed += other.unclaimed;
    }
}
