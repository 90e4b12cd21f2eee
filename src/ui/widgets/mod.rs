//! Drawing only: shapes out of cells. No widget knows a pane, a store or a clock beyond what it is handed.
