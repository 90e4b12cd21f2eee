//! The expression language of `where`, `of`, `when` and the filters on the screen.
