//! The wall: pages that turn by themselves, in digits that are read from three metres, without a keyboard.

mod about;
mod digits;
mod foot;
mod rotation;
mod screen;
mod tile;
mod truth;
#[cfg(test)]
mod wall_tests;

pub use about::About;
pub use screen::render;
