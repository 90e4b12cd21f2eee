//! The shell around the machine: clock, pump, effects, terminal, signals.
