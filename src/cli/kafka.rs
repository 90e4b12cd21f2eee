//! Arguments that several subcommands share: brokers, where to start, properties.

use super::args::Look;
use super::environment::Environment;
use crate::config::{Overrides, parse_from, topic};
use crate::model::Millis;
use crate::source::From;
use clap::Args;

/// How to reach Kafka and where to begin.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct KafkaArgs {
    /// host:port of some brokers; repeat it or separate them by commas
    #[arg(long, short = 'b', value_name = "BROKERS", value_delimiter = ',')]
    brokers: Vec<String>,
    /// Where to start: auto (what detectors must learn from), beginning, end, -15m, -2h, 2026-01-31T08:00:00Z or seconds since the epoch
    #[arg(long, value_name = "WHERE", allow_hyphen_values = true, value_parser = parse_from)]
    from: Option<From>,
    /// Any librdkafka property, for instance -X security.protocol=sasl_ssl
    #[arg(short = 'X', long = "property", value_name = "PROPERTY=VALUE", value_parser = property)]
    properties: Vec<(String, String)>,
}

impl KafkaArgs {
    /// The overrides these make, with topics.
    pub(super) fn overrides(&self, topics: &[String], look: &Look, environment: &Environment) -> Overrides {
        let mut overrides = look.overrides(environment);
        overrides.brokers = self.brokers.iter().map(|b| b.trim().to_owned()).filter(|b| !b.is_empty()).collect();
        overrides.topics = topics.iter().map(|t| topic(t)).collect();
        overrides.from = self.from;
        for (key, value) in &self.properties {
            if matches!(key.as_str(), "bootstrap.servers" | "metadata.broker.list") {
                overrides.brokers.extend(value.split(',').map(|b| b.trim().to_owned()));
            } else {
                overrides.properties.push((key.clone(), value.clone()));
            }
        }
        overrides
    }
}

fn property(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        _ => Err("write property=value".to_owned()),
    }
}

/// A length of time above zero.
pub(super) fn length(text: &str) -> Result<Millis, String> {
    match Millis::parse(text) {
        Ok(length) if length > Millis::ZERO => Ok(length),
        Ok(_) => Err("must be longer than no time at all".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
