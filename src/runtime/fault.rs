//! Faults on demand, for the suite that tries the program in a terminal: what cannot be brought about
//! from outside is asked for with an environment variable that nobody sets by chance.

/// Names the fault: `error`, `panic`, `panic-thread` or `panic-task`.
const VARIABLE: &str = "BELLWETHER_TEST_FAULT";

/// When: the screen is on by then.
pub(super) const AFTER: std::time::Duration = std::time::Duration::from_millis(500);

/// Brings about the fault that was asked for, if any.
///
/// # Errors
/// Where an error was asked for.
#[expect(clippy::disallowed_methods, reason = "the wish stands in the environment")]
#[expect(clippy::panic, reason = "this is what is asked for")]
pub(super) fn on_demand() -> std::io::Result<()> {
    match std::env::var(VARIABLE).unwrap_or_default().as_str() {
        "error" => Err(std::io::Error::other("an error on demand")),
        "panic" => panic!("a panic on demand"),
        "panic-thread" => std::thread::Builder::new().name("unlucky".into()).spawn(|| panic!("a panic on demand")).map(drop),
        "panic-task" => {
            tokio::spawn(async { panic!("a panic on demand") });
            Ok(())
        }
        _ => Ok(()),
    }
}
