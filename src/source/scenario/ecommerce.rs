//! A shop: transactions, stock levels, page views, service calls, and a little dirt in all of it.

use super::dice::Dice;
use super::fault::{FaultKind, Faults};
use super::generator::{Produced, SLOT};
use super::kind::{Scenario, ScenarioKind};
use crate::model::{Millis, Timestamp};
use std::fmt::Write as _;

const TOPIC: &str = "ecommerce_data";
const PROVIDERS: [&str; 3] = ["alpha", "beta", "gamma"];
const PROVIDER_WEIGHTS: [u32; 3] = [45, 35, 20];
const SERVICES: [(&str, f64); 3] = [("checkout", 120.0), ("search", 60.0), ("catalog", 40.0)];
const SKUS: [&str; 6] = ["mug-01", "lamp-02", "chair-03", "desk-04", "shelf-05", "plant-06"];
const PATHS: [&str; 4] = ["/", "/search", "/item", "/cart"];
const USERS: u32 = 400;

/// Transactions a second.
const TRANSACTIONS: f64 = 30.0;
/// Page views a second.
const VIEWS: f64 = 20.0;
/// Service calls a second.
const CALLS: f64 = 12.0;
/// Stock messages a second.
const STOCK: f64 = 3.0;
/// Odd transactions a second while that fault runs.
const ODD: f64 = 1.5;
/// The share of transactions that are dirty in some way.
const DIRT: f64 = 0.006;

/// The scenario.
pub(super) static KIND: ScenarioKind = ScenarioKind {
    name: "ecommerce",
    summary: "a shop's transactions, stock, page views and services",
    topics: &[(TOPIC, 4)],
    faults: &[
        FaultKind {
            name: "payment-failures",
            what: "payments through provider alpha in region EU fail",
            lasts: Millis::from_secs(14),
            detectors: &["payment-failures"],
            rules: &["PaymentFailures"],
        },
        FaultKind {
            name: "odd-amounts",
            what: "user {} buys for amounts nobody spends",
            lasts: Millis::from_secs(8),
            detectors: &["odd-transaction"],
            rules: &["OddTransactions"],
        },
        FaultKind {
            name: "transaction-delay",
            what: "transactions take many times as long to settle",
            lasts: Millis::from_secs(10),
            detectors: &["slow-settlement"],
            rules: &["SlowSettlement"],
        },
        FaultKind {
            name: "stock-out",
            what: "{} is sold out",
            lasts: Millis::from_secs(12),
            detectors: &["stock-out"],
            rules: &["StockOut"],
        },
        FaultKind {
            name: "latency-step",
            what: "the checkout service answers four times as slowly",
            lasts: Millis::from_secs(12),
            detectors: &["slow-service"],
            rules: &["SlowService"],
        },
    ],
    config: include_str!("../../../fixtures/ecommerce/bellwether.toml"),
    build: |dice| Box::new(Shop { id: 0, stock: SKUS.map(|_| dice.int(80, 200)) }),
};

#[derive(Debug)]
struct Shop {
    /// Counts the events; each has its own number, so that duplicates can be told.
    id: u64,
    stock: [u32; SKUS.len()],
}

impl Scenario for Shop {
    fn aim(&mut self, fault: &FaultKind, dice: &mut Dice) -> (u32, String) {
        match fault.name {
            "odd-amounts" => {
                let user = dice.int(1, USERS);
                (user, user.to_string())
            }
            "stock-out" => {
                let sku = dice.int(0, SKUS.len() as u32);
                (sku, SKUS[sku as usize].to_owned())
            }
            _ => (0, String::new()),
        }
    }

    fn slot(&mut self, at: Timestamp, faults: &Faults, dice: &mut Dice, out: &mut Vec<Produced>) {
        let due = |rate: f64, dice: &mut Dice| dice.chance(rate * SLOT.as_secs_f64());
        if due(TRANSACTIONS, dice) {
            self.transaction(at, faults, None, dice, out);
        }
        if let Some(user) = faults.target("odd-amounts")
            && due(ODD, dice)
        {
            self.transaction(at, faults, Some(user), dice, out);
        }
        if due(VIEWS, dice) {
            self.view(at, dice, out);
        }
        if due(CALLS, dice) {
            self.call(at, faults, dice, out);
        }
        if due(STOCK, dice) {
            self.stock(at, faults, dice, out);
        }
    }
}

impl Shop {
    fn next_id(&mut self) -> u64 {
        self.id += 1;
        self.id
    }

    fn transaction(&mut self, at: Timestamp, faults: &Faults, odd: Option<u32>, dice: &mut Dice, out: &mut Vec<Produced>) {
        let id = self.next_id();
        let at = moment(at, dice);
        let user = odd.unwrap_or_else(|| dice.int(1, USERS));
        let region = region_of(user);
        let provider = PROVIDERS[dice.weighted(&PROVIDER_WEIGHTS)];
        let amount = if odd.is_some() { dice.between(6_000.0, 9_900.0) } else { dice.tame(180.0, 50.0).max(5.0) };
        let failing = faults.running("payment-failures").is_some() && region == "EU" && provider == "alpha";
        let failed = dice.chance(if failing { 0.8 } else { 0.008 });
        let settle = if faults.running("transaction-delay").is_some() { dice.tame(2_600.0, 250.0) } else { dice.tame(320.0, 60.0) };
        let status = if failed { "failed" } else { "paid" };
        let ts = at.as_millis();
        let mut payload = format!(
            "{{\"id\":{id},\"type\":\"transaction\",\"ts\":{ts},\"order_id\":\"o-{id}\",\"user_id\":{user},\"region\":\"{region}\",\
             \"provider\":\"{provider}\",\"amount\":{amount:.2},\"currency\":\"CNY\",\"status\":\"{status}\",\"settle_ms\":{settle:.0}}}"
        );
        let key = user.to_string();
        if odd.is_none() && dice.chance(DIRT) {
            match dice.int(0, 5) {
                // Sent twice, as producers do after a lost acknowledgement.
                0 => out.push(Produced::new(TOPIC, &key, at, payload.clone())),
                1 => payload = payload.replace("\"ts\":", "\"sent\":"),
                2 => payload = payload.replace("\"amount\":", "\"amount\":-"),
                3 => payload = payload.replace("\"amount\":", "\"amount\":90000"),
                _ => payload.replace_range(.., "<html><body>502 Bad Gateway</body></html>"),
            }
        }
        out.push(Produced::new(TOPIC, &key, at, payload));
    }

    fn view(&mut self, at: Timestamp, dice: &mut Dice, out: &mut Vec<Produced>) {
        let (id, at, user) = (self.next_id(), moment(at, dice), dice.int(1, USERS));
        let region = region_of(user);
        let path = dice.pick(&PATHS);
        let bought = dice.chance(0.06);
        let payload = format!(
            "{{\"id\":{id},\"type\":\"view\",\"ts\":{},\"user_id\":{user},\"region\":\"{region}\",\"path\":\"{path}\",\"converted\":{bought}}}",
            at.as_millis()
        );
        out.push(Produced::new(TOPIC, &user.to_string(), at, payload));
    }

    fn call(&mut self, at: Timestamp, faults: &Faults, dice: &mut Dice, out: &mut Vec<Produced>) {
        let (id, at) = (self.next_id(), moment(at, dice));
        let (service, usual) = *dice.pick(&SERVICES);
        let slow = if service == "checkout" && faults.running("latency-step").is_some() { 4.0 } else { 1.0 };
        let latency = dice.tame(usual, usual * 0.12) * slow;
        let status = if dice.chance(0.005) { 500 } else { 200 };
        let mut payload = String::new();
        // Writing into a string cannot fail.
        let _ = write!(
            payload,
            "{{\"id\":{id},\"type\":\"call\",\"ts\":{},\"service\":\"{service}\",\"latency_ms\":{latency:.1},\"code\":{status}}}",
            at.as_millis()
        );
        out.push(Produced::new(TOPIC, service, at, payload));
    }

    fn stock(&mut self, at: Timestamp, faults: &Faults, dice: &mut Dice, out: &mut Vec<Produced>) {
        let (id, at) = (self.next_id(), moment(at, dice));
        let index = dice.int(0, SKUS.len() as u32);
        let level = &mut self.stock[index as usize];
        *level = if *level < 40 { 180 } else { *level - dice.int(0, 8) };
        let shown = if faults.target("stock-out") == Some(index) { 0 } else { *level };
        let sku = SKUS[index as usize];
        let payload = format!("{{\"id\":{id},\"type\":\"stock\",\"ts\":{},\"sku\":\"{sku}\",\"level\":{shown}}}", at.as_millis());
        out.push(Produced::new(TOPIC, sku, at, payload));
    }
}

/// Where a user lives: four of ten in the first region, three in each of the others.
fn region_of(user: u32) -> &'static str {
    match user % 10 {
        0..4 => "EU",
        4..7 => "US",
        _ => "APAC",
    }
}

/// A moment within the slot that starts at `at`.
fn moment(at: Timestamp, dice: &mut Dice) -> Timestamp {
    at + Millis::new(i64::from(dice.int(0, SLOT.get() as u32)))
}
