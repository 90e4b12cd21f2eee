//! What the screen looks like, at the sizes of a phone, a plain terminal and a wall.
//!
//! A changed picture is read like changed code: is anything firing, since when, is what one sees fresh?

use super::DetectorStatus;
use super::fixture::{Fixture, ago, app, draw, press};
use crate::model::{LabelSet, LinkState, SeriesKey, Subject};
use insta::assert_snapshot;

#[test]
fn trouble_on_a_phone() {
    let f = Fixture::trouble();
    assert_snapshot!(draw(&mut app(false), &f.scene(), 40, 12), @r"
    ▸1 overvi… ◆ 1  ● 1  ? 1  ◐ 1  03:14:07
    ╭▸overview ──────────────────── fresh ─╮
    │▸◆ PaymentFailures region=EU          │
    │      14.2 % ▂▂▂▂▂▂▂▂▅████ 03:09 (5 m)│
    │ ● CheckoutLatency quantile=0.95      │
    │      842 ms ▃▅▆▇▆▄▃▂▃▅▆▇▆ 03:11 (3 m)│
    │   1 more on the alerts page          │
    │ ◐ orders_…_second          416  ▅▄▅▄ │
    │ ◆ failure… (of 2)       14.2 %  ▂▂▅█ │
    │ ? sensor_data  is silent since 03:13…│
    ╰─ 1 more: Tab ───────────── last 15m ─╯
     Enter open   a ack   Tab pane   ? help
    ");
}

#[test]
fn trouble_on_a_plain_terminal() {
    let f = Fixture::trouble();
    assert_snapshot!(draw(&mut app(false), &f.scene(), 80, 24), @r"
    ▸1 overview  2 metrics  3 alerts  4 host  5  6     ◆ 1  ● 1  ? 1  ◐ 1  03:14:07
    ╭▸overview ──────────────────────────────────────────────────────────── fresh ─╮
    │▸◆ PaymentFailures   region=EU           14.2 %   since 03:09 (5 m)           │
    │ ● CheckoutLatency   quantile=0.95       842 ms   since 03:11 (3 m)           │
    │ ◐ OrdersDropping    orders_per_second   14.2 %   pending since 03:13 (40 s)  │
    │                                                                              │
    │ ◐ orders_per_second                       416  ▆▇▇▇▆▅▄▃▂▂▂▃▅▆▇▇▇▆▅▄▃▂▂▂▃▄▅▆  │
    │ ◆ failure_ratio region=EU              14.2 %  ▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▃██████████  │
    │ ○ failure_ratio region=亚太             1.0 %  ▃▆█▆▂▁▃▇█▅▂▂▅█▇▄▁▂▆█▆▃▁▃▇█▆▃  │
    │ ● checkout_latency quantile=0.95       158 ms  ▃▄▅▅▆▇▇▇▆▆▅▄▃▃▂▂▂▃▄▄▅▆▇▇▇▆▆▅  │
    │ ○ system.memory.usage state=used     6.10 GiB  ▅▄▄▅▄▄▄▅▄▄▅▄▄▅▄▄▄▅▄▄▅▄▄▅▄▄▄▅  │
    │                                                                              │
    │ ? sensor_data     is silent since 03:13 (40 s), 4 partitions, lag 40         │
    │ ○ ecommerce_data   4,812/s  12 partitions, lag 120, 12 rejected              │
    │ ○ local                1/s                                                   │
    ╰──────────────────────────────────────────────────────────────── last 15m24s ─╯
    ╭ anomalies ────────────────────────────────────────── newest first, 4 in all ─╮
    │ time      where                   value  expected      score  seen  last     │
    │ 03:13:27  sales user_id=5     9,414 CNY  12–1,204 CNY   0.97                 │
    │ 03:13:17  sales use…id=48213  9,413 CNY  12–1,204 CNY   0.97                 │
    │ 03:13:07  sales user_id=17    9,412 CNY  12–1,204 CNY   0.97                 │
    │ 03:09:07  failure_r…egion=EU     14.2 %  0.8–2.1 %      0.99   ×30  03:13:57 │
    ╰──────────────────────────────────────────────────────────────────────────────╯
     Enter open   a ack   ↑/↓ select   Tab pane   1-9 page   / filter   ? help
    ");
}

#[test]
fn trouble_on_a_wall() {
    let f = Fixture::trouble();
    assert_snapshot!(draw(&mut app(false), &f.scene(), 160, 48), @r"
     bellwether ▸1 overview  2 metrics  3 alerts  4 host  5 sources  6 log                                                LIVE   ◆ 1  ● 1  ? 1  ◐ 1  03:14:07 UTC+8
    ╭▸overview ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────── fresh ─╮
    │▸◆ PaymentFailures   region=EU           14.2 %   usually 0.8–2.1 %    since 03:09 (5 m)                                                                      │
    │   14.2 % is 8.1 sigma above the mean of 1.4 %                                                                                                                │
    │ ● CheckoutLatency   quantile=0.95       842 ms   usually 110–190 ms   since 03:11 (3 m)                                                                      │
    │   842 ms is 12.4 sigma above the mean of 150 ms                                                                                                              │
    │ ◐ OrdersDropping    orders_per_second   14.2 %   usually 0.8–2.1 %    pending since 03:13 (40 s)                                                             │
    │   14.2 % is 8.1 sigma above the mean of 1.4 %                                                                                                                │
    │                                                                                                                                                              │
    │ ◐ orders_per_second                       416  ▃▄▄▅▅▅▅▆▆▆▆▇▇▇▇▇▇▇▇▇▇▆▆▆▆▆▅▅▄▄▄▃▃▃▃▃▂▂▂▂▂▂▂▂▂▂▃▃▃▃▄▄▅▅▅▅▆▆▆▆▇▇▇▇▇▇▇▇▇▇▆▆▆▆▅▅▅▄▄▄▃▃▃▃▂▂▂▂▂▂▂▂▂▂▃▃▃▃▃▄▄▅▅▅▆▆▆▆  │
    │ ◆ failure_ratio region=EU              14.2 %  ▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂████████████████████████████████████  │
    │ ○ failure_ratio region=亚太             1.0 %  ▄▃▂▁▁▁▁▁▂▃▄▅▆▇████▇▆▅▄▃▂▁▁▁▁▁▂▃▄▆▇▇▇███▇▆▅▄▃▂▂▁▁▁▂▂▃▅▆▇▇▇███▇▆▅▄▃▃▂▁▁▁▂▃▄▅▆▆▇████▇▆▅▄▄▃▂▁▁▁▂▃▄▅▅▆▇███▇▇▆▅▅▃▃  │
    │ ● checkout_latency quantile=0.95       158 ms  ▂▂▂▂▂▂▃▃▃▃▃▄▄▄▄▄▅▅▅▅▆▆▆▆▆▆▆▇▇▇▇▇▇▇▇▇▇▆▆▆▆▆▆▅▅▅▅▅▄▄▄▄▃▃▃▃▃▃▂▂▂▂▂▂▂▂▂▂▂▃▃▃▃▃▄▄▄▄▄▅▅▅▅▆▆▆▆▆▆▇▇▇▇▇▇▇▇▇▇▇▆▆▆▆▆▆▅▅  │
    │ ○ system.memory.usage state=used     6.10 GiB  ▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅  │
    │                                                                                                                                                              │
    │                                                                                                                                                              │
    │                                                                                                                                                              │
    │                                                                                                                                                              │
    │                                                                                                                                                              │
    │                                                                                                                                                              │
    │                                                                                                                                                              │
    │                                                                                                                                                              │
    │                                                                                                                                                              │
    │                                                                                                                                                              │
    │                                                                                                                                                              │
    │                                                                                                                                                              │
    │                                                                                                                                                              │
    │                                                                                                                                                              │
    │                                                                                                                                                              │
    │                                                                                                                                                              │
    │                                                                                                                                                              │
    │                                                                                                                                                              │
    │ ? sensor_data     is silent since 03:13 (40 s), 4 partitions, lag 40                                                                                         │
    │ ○ ecommerce_data   4,812/s  12 partitions, lag 120, 12 rejected                                                                                              │
    │ ○ local                1/s                                                                                                                                   │
    ╰──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────── last 16m12s ─╯
    ╭ anomalies ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────── newest first, 4 in all ─╮
    │ time      where                        value  expected      score  seen  last      why                                                                       │
    │ 03:13:27  sales user_id=5          9,414 CNY  12–1,204 CNY   0.97                  amount 9414 is 8.1 sigma above this user's mean                           │
    │ 03:13:17  sales user_id=48213      9,413 CNY  12–1,204 CNY   0.97                  amount 9413 is 8.1 sigma above this user's mean                           │
    │ 03:13:07  sales user_id=17         9,412 CNY  12–1,204 CNY   0.97                  amount 9412 is 8.1 sigma above this user's mean                           │
    │ 03:09:07  failure_ratio region=EU     14.2 %  0.8–2.1 %      0.99   ×30  03:13:57  14.2 % is 8.1 sigma above the mean of 1.4 % over 30 m                     │
    │                                                                                                                                                              │
    │                                                                                                                                                              │
    │                                                                                                                                                              │
    │                                                                                                                                                              │
    ╰──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────╯
     Enter open   a ack   ↑/↓ select   Tab pane   1-9 page   Esc back   / filter   +/-/= range/fit   f freeze   z zoom   m mark   T test alert   q/^C quit   ? help
    ");
}

#[test]
fn trouble_in_ascii() {
    let f = Fixture::trouble();
    assert_snapshot!(draw(&mut app(true), &f.scene(), 80, 24), @r"
    >1 overview  2 metrics  3 alerts  4 host  5  6    !! 1  ! 1  ? 1  - 1  03:14:07
    +>overview ------------------------------------------------------------ fresh -+
    |>!! PaymentFailures   region=EU           14.2 %   since 03:09 (5 m)          |
    | !  CheckoutLatency   quantile=0.95       842 ms   since 03:11 (3 m)          |
    | -  OrdersDropping    orders_per_second   14.2 %   pending since 03:13 (40 s) |
    |                                                                              |
    | -  orders_per_second                       416  +***+~-...-~=+***+~-...-~=+  |
    | !! failure_ratio region=EU              14.2 %  .................##########  |
    | .  failure_ratio region=亚太             1.0 %  -*#=..=#*-_-*#=..=**~_-+#+-  |
    | !  checkout_latency quantile=0.95       158 ms  -~=++***+==~-...--~=++**++=  |
    | .  system.memory.usage state=used     6.10 GiB  ~=~~=~=~~=~=~~=~=~~=~=~~=~=  |
    |                                                                              |
    | ?  sensor_data     is silent since 03:13 (40 s), 4 partitions, lag 40        |
    | .  ecommerce_data   4,812/s  12 partitions, lag 120, 12 rejected             |
    | .  local                1/s                                                  |
    +---------------------------------------------------------------- last 15m18s -+
    + anomalies ------------------------------------------ newest first, 4 in all -+
    | time      where                   value  expected      score  seen  last     |
    | 03:13:27  sales user_id=5     9,414 CNY  12-1,204 CNY   0.97                 |
    | 03:13:17  sales us..id=48213  9,413 CNY  12-1,204 CNY   0.97                 |
    | 03:13:07  sales user_id=17    9,412 CNY  12-1,204 CNY   0.97                 |
    | 03:09:07  failure_..egion=EU     14.2 %  0.8-2.1 %      0.99   x30  03:13:57 |
    +------------------------------------------------------------------------------+
     Enter open   a ack   Up/Down select   Tab pane   1-9 page   / filter   ? help
    ");
}

#[test]
fn a_quiet_night() {
    let mut f = Fixture::quiet();
    f.hint = "add a topic: bellwether watch -b localhost:9092 TOPIC".to_owned();
    assert_snapshot!(draw(&mut app(false), &f.scene(), 80, 24), @r"
    ▸1 overview  2 metrics  3 alerts  4 host  5 sources  6 log   LIVE   ○  03:14:07
    ╭▸overview ──────────────────────────────────────────────────────────── fresh ─╮
    │ ○ all quiet since 11-20 21:41 (5 h)                                          │
    │                                                                              │
    │▸○ orders_per_second                       416  ▆▇▇▇▆▅▄▃▂▂▂▃▅▆▇▇▇▆▅▄▃▂▂▂▃▄▅▆  │
    │ ○ failure_ratio region=EU               0.8 %  ▄▅▆▆▆▅▄▃▂▃▄▅▆▆▅▄▃▂▃▄▅▆▆▆▅▃▃▂  │
    │ ○ failure_ratio region=亚太             1.0 %  ▃▆█▆▂▁▃▇█▅▂▂▅█▇▄▁▂▆█▆▃▁▃▇█▆▃  │
    │ ○ checkout_latency quantile=0.95       158 ms  ▃▄▅▅▆▇▇▇▆▆▅▄▃▃▂▂▂▃▄▄▅▆▇▇▇▆▆▅  │
    │ ○ system.memory.usage state=used     6.10 GiB  ▅▄▄▅▄▄▄▅▄▄▅▄▄▅▄▄▄▅▄▄▅▄▄▅▄▄▄▅  │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │ ○ ecommerce_data   4,812/s  12 partitions, lag 120, 12 rejected              │
    │ ○ local                1/s                                                   │
    │   add a topic: bellwether watch -b localhost:9092 TOPIC                      │
    ╰──────────────────────────────────────────────────────────────── last 15m24s ─╯
    ╭ anomalies ────────────────────────────────────────── newest first, 0 in all ─╮
    │ nothing odd was found so far                                                 │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    │                                                                              │
    ╰──────────────────────────────────────────────────────────────────────────────╯
     Enter open   a ack   ↑/↓ select   Tab pane   1-9 page   / filter   ? help
    ");
}

#[test]
fn a_flood_on_a_plain_terminal() {
    let f = Fixture::flooded();
    assert_snapshot!(draw(&mut app(false), &f.scene(), 80, 24), @r"
    ▸1 overview  2 metrics  3  4  5  6        ◆ 101  ● 1  ? 1  ◐ 1  i 200  03:14:07
    ╭▸overview ──────────────────────────────────────────────────────────── fresh ─╮
    │▸◆ NodeOverloaded   host=node-297…-west.example   14.2 %   since 03:08 (5 m)  │
    │ ◆ NodeOverloaded   host=node-294…-west.example   14.2 %   since 03:08 (5 m)  │
    │ ◆ NodeOverloaded   host=node-291…-west.example   14.2 %   since 03:08 (5 m)  │
    │ ◆ NodeOverloaded   host=node-288…-west.example   14.2 %   since 03:08 (5 m)  │
    │ ◆ NodeOverloaded   host=node-285…-west.example   14.2 %   since 03:08 (5 m)  │
    │   298 more on the alerts page                                                │
    │                                                                              │
    │ ◐ orders_per_second                       416  ▆▇▇▇▆▅▄▃▂▂▂▃▅▆▇▇▇▆▅▄▃▂▂▂▃▄▅▆  │
    │ ◆ failure_ratio region=EU (of 2)       14.2 %  ▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▃██████████  │
    │                                                                              │
    │ ? sensor_data     is silent since 03:13 (40 s), 4 partitions, lag 40         │
    │ ○ ecommerce_data   4,812/s  12 partitions, lag 120, 12 rejected              │
    │ ○ local                1/s  300 more on the sources page                     │
    ╰──────────────────────────────────────────────────────────────── last 15m24s ─╯
    ╭ anomalies ──────────────────────────────────────── newest first, 304 in all ─╮
    │ time      where            value  expected      score  why                   │
    │ 03:14:07  sales user_id=0  0 CNY  12–1,204 CNY   0.97  amount 0 is 8.1 sigm… │
    │ 03:14:06  sales user_id=1  1 CNY  12–1,204 CNY   0.97  amount 1 is 8.1 sigm… │
    │ 03:14:05  sales user_id=2  2 CNY  12–1,204 CNY   0.97  amount 2 is 8.1 sigm… │
    │ 03:14:04  sales user_id=3  3 CNY  12–1,204 CNY   0.97  amount 3 is 8.1 sigm… │
    ╰──────────────────────────────────────────────────────────────────────────────╯
     Enter open   a ack   ↑/↓ select   Tab pane   1-9 page   / filter   ? help
    ");
}

#[test]
fn a_replay_on_a_phone() {
    let f = Fixture::replay();
    assert_snapshot!(draw(&mut app(false), &f.scene(), 40, 12), @r"
    … REPLAY   ◆ 1  ● 1  ? 1  ◐ 1  03:14:07
    ╭▸overview ──────────────────── fresh ─╮
    │▸◆ PaymentFailures region=EU          │
    │      14.2 % ▂▂▂▂▂▂▂▂▅████ 03:09 (5 m)│
    │   2 more on the alerts page          │
    │ ◐ orders_…_second          416  ▅▄▅▄ │
    │ ◆ failure… (of 2)       14.2 %  ▂▂▅█ │
    │   2 more below                       │
    │ ? sensor_data  is silent since 03:13…│
    ╰─ 1 more: Tab ───────────── last 15m ─╯
     ━━━━━━━━━━━●──── 03:19:07  ×10  paused
     Space pause   </> speed   ? help
    ");
}

#[test]
fn the_alerts_page() {
    let (f, mut a) = (Fixture::trouble(), app(false));
    press(&mut a, &f.scene(), "3");
    assert_snapshot!(draw(&mut a, &f.scene(), 120, 24), @r"
     bellwether  1 overview  2 metrics ▸3 alerts  4 host  5 sources  6 log        LIVE   ◆ 1  ● 1  ? 1  ◐ 1  03:14:07 UTC+8
    ╭▸alerts ───────────────────────────────────────────────────────────────────────────────────────────── 2 fired in all ─╮
    │▸◆  03:09:00      5 m  firing    PaymentFailures  region=EU          14.2 %  usually 0.8–2.1 %   14.2 % is 8.1 sigma… │
    │ ●  03:11:00      3 m  firing    CheckoutLatency  quantile=0.95      842 ms  usually 110–190 ms  842 ms is 12.4 sigm… │
    │ ◐  03:13:25     40 s  pending   OrdersDropping   orders_per_second  14.2 %  usually 0.8–2.1 %   14.2 % is 8.1 sigma… │
    │ ○  11-20 21:41        resolved  DiskFilling      host               14.2 %  usually 0.8–2.1 %   14.2 % is 8.1 sigma… │
    │                                                                                                                      │
    │                                                                                                                      │
    │                                                                                                                      │
    │                                                                                                                      │
    │                                                                                                                      │
    ╰──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────╯
    ╭ anomalies ────────────────────────────────────────────────────────────────────────────────── newest first, 4 in all ─╮
    │ time      where                        value  expected      score  seen  last      why                               │
    │ 03:13:27  sales user_id=5          9,414 CNY  12–1,204 CNY   0.97                  amount 9414 is 8.1 sigma above t… │
    │ 03:13:17  sales user_id=48213      9,413 CNY  12–1,204 CNY   0.97                  amount 9413 is 8.1 sigma above t… │
    │ 03:13:07  sales user_id=17         9,412 CNY  12–1,204 CNY   0.97                  amount 9412 is 8.1 sigma above t… │
    │ 03:09:07  failure_ratio region=EU     14.2 %  0.8–2.1 %      0.99   ×30  03:13:57  14.2 % is 8.1 sigma above the me… │
    │                                                                                                                      │
    │                                                                                                                      │
    │                                                                                                                      │
    │                                                                                                                      │
    ╰──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────╯
     Enter open   a ack   ↑/↓ select   Tab pane   1-9 page   / filter   +/-/= range/fit   f freeze   z zoom   ? help
    ");
}

#[test]
fn an_alert_opened() {
    let (f, mut a) = (Fixture::trouble(), app(false));
    press(&mut a, &f.scene(), "3 Enter");
    assert_snapshot!(draw(&mut a, &f.scene(), 80, 14), @r"
     1  2 metrics ▸3 alerts  4 host  5  6              ◆ 1  ● 1  ? 1  ◐ 1  03:14:07
    ╭ alert 7 PaymentFailures ──────────────────────────────────── 2 fired in all ─╮
    │ ◆ firing critical  failure_ratio region=EU                                   │
    │ value 14.2 %   usually 0.8–2.1 %   score 0.98                                │
    │ 14.2 % is 8.1 sigma above the mean of 1.4 %                                  │
    │ summary: PaymentFailures                                                     │
    │ ▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂███████████████████████████  │
    │                                                                              │
    │ condition since 2024-11-21 03:07:00.000 (7 m ago)                            │
    │ firing since 2024-11-21 03:09:00.000 (5 m ago)                               │
    │ labels region=EU                                                             │
    │ told by bell, desktop                                          1 more: PgDn  │
    ╰──────────────────────────────────────────────────────────────────────────────╯
     Enter open   a ack   ↑/↓ select   Tab pane   1-9 page   / filter   ? help
    ");
}

#[test]
fn an_anomaly_opened() {
    let (f, mut a) = (Fixture::trouble(), app(false));
    press(&mut a, &f.scene(), "Tab Enter");
    assert_snapshot!(draw(&mut a, &f.scene(), 80, 14), @r"
    ▸1 overview  2 metrics  3 alerts  4 host  5  6     ◆ 1  ● 1  ? 1  ◐ 1  03:14:07
    ╭ anomaly 3, odd-transaction, spike ──────────────────────────────── Esc back ─╮
    │ amount 9414 is 8.1 sigma above this user's mean                              │
    │                                                                              │
    │ value 9,414 CNY   expected 12–1,204 CNY   score 0.97   threshold 0.95        │
    │ in sales user_id=5                                                           │
    │ at 2024-11-21 03:13:27.000                                                   │
    │ record ecommerce_data[7]@8812043                                             │
    │ amount   9414                                                                │
    │ user_id  5                                                                   │
    │                                                                              │
    │                                                                              │
    ╰──────────────────────────────────────────────────────────────────────────────╯
     Enter open   s sort   ↑/↓ select   Tab pane   1-9 page   / filter   ? help
    ");
}

#[test]
fn the_log() {
    let (f, mut a) = (Fixture::quiet(), app(false));
    press(&mut a, &f.scene(), "6");
    assert_snapshot!(draw(&mut a, &f.scene(), 80, 8), @r"
     1 overview  2 metrics  3 alerts  4 host  5 sources ▸6 log   LIVE   ○  03:14:07
    ╭ log ─────────────────────────────────────────────────────────────────────────╮
    │ 03:13:47  info   kafka       assigned ecommerce_data[0..11], from 02:59:07   │
    │ 03:13:47  warn   decode      ecommerce_data[7]@8812: no number in field am…  │
    │                                                                              │
    │                                                                              │
    ╰──────────────────────────────────────────────────────────────────────────────╯
     ↑/↓ scroll   g/G oldest/newest   Tab pane   1-9 page   / filter   ? help
    ");
}

#[test]
fn the_help() {
    let (f, mut a) = (Fixture::quiet(), app(false));
    press(&mut a, &f.scene(), "?");
    assert_snapshot!(draw(&mut a, &f.scene(), 80, 27), @r"
    ▸1 overview  2 metrics  3 alerts  4 host  5 sources  6 log   LIVE   ○  03:14:07
     overview                            signs
       Enter       open                    ◆   firing, critical
       a           ack                     ●   firing, warning
       ↑/↓         select                  ◐   odd, not long enough to ring
       PgUp/PgDn   select by pages         ?   no data: nothing can be said
       g/G         first/last              ◌   learning: not judged yet
                                           ○   fresh and as usual
     everywhere                            i   firing, worth knowing
       Tab         pane                    a   acknowledged
       S-Tab       pane before
       1-9         page                  h j k l are arrows too
       [/]         previous/next page    any other key closes the help
       Enter       open
       Esc         back
       /           filter
       +/-/=       range/fit
       f           freeze
       z           zoom
       m           mark
       T           test alert
       ^L          draw anew
       ^Z          suspend
       q/^C        quit
       ?           help

     Enter open   a ack   ↑/↓ select   Tab pane   1-9 page   / filter   ? help
    ");
}

/// The overview's first line.
fn said(f: &Fixture) -> String {
    let screen = draw(&mut app(false), &f.scene(), 120, 30);
    screen.lines().nth(2).unwrap().trim_matches(['│', ' ']).to_owned()
}

#[test]
fn silence_is_not_health() {
    assert_eq!(said(&Fixture::empty()), "◌ waiting for the first data");
    assert_eq!(said(&Fixture::quiet()), "○ all quiet since 11-20 21:41 (5 h)");

    let mut f = Fixture::quiet();
    f.sources[0].state = LinkState::Down;
    f.sources[0].since = ago(600);
    f.sources[0].detail = "connection refused".into();
    assert_eq!(said(&f), "? nothing fires, but ecommerce_data is down since 03:04 (10 m): connection refused");

    let mut f = Fixture::quiet();
    f.sources[1].stale = true;
    f.sources[1].heard = Some(ago(75));
    assert_eq!(said(&f), "? nothing fires, but local is silent since 03:12 (1 m)");

    let mut f = Fixture::quiet();
    let learning = |i: u64| DetectorStatus {
        detector: "odd".into(),
        subject: Subject::Series(SeriesKey::new(format!("m{i}"), LabelSet::none())),
        seen: 12,
        needed: 30 + i,
    };
    f.learning = (0..2).map(learning).collect();
    assert_eq!(said(&f), "○ all quiet since 11-20 21:41 (5 h), 2 detectors are still learning");
    f.learning = (0..5).map(learning).collect();
    assert_eq!(said(&f), "◌ nothing fires yet: 5 detectors are still learning, the first ready in 18 observations");
}

#[test]
fn what_was_not_delivered_is_seen() {
    let mut f = Fixture::quiet();
    f.undelivered.push((ago(60), "desktop: not available: no bus".to_owned()));
    let screen = draw(&mut app(false), &f.scene(), 80, 24);
    assert!(screen.contains("? not delivered 03:13:07: desktop: not available: no bus"), "{screen}");
}
