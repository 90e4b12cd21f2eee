//! Channels: how a person is told. One file per kind.

mod bell;
mod channel;
mod desktop;
mod limit;
mod terminal;

pub use channel::{Channel, ChannelSpec, DeliveryError, Kind, Notification, Receipt, Ring, Signal};
pub use desktop::server as desktop_server;
pub use limit::Limit;
pub use terminal::{Between, Path, Way};

/// Every kind of channel. A new channel is one file and one line here.
pub const KINDS: &[&Kind] = &[&bell::KIND, &desktop::KIND, &terminal::KIND];

/// The kind called `name`.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|k| k.name == name)
}
