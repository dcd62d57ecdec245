//! Colours and fonts.
//!
//! The same picture is used in files and within pages. If a page declares its theme, as rustdoc's
//! do, that applies; otherwise the reader's preference does. A viewer without support for CSS
//! variables uses the colour that is written before the variable. A picture in a file of its own has
//! a background, because it cannot know the colour of the page that shows it.

pub(in crate::diagram) const STYLE: &str = "\
.saga-diagram { --saga-ink: #1f2328; --saga-faint: #59636e; --saga-edge: #8c959f; \
    --saga-card: #ffffff; --saga-frame: #f6f8fa; --saga-go: #0a64c4; --saga-back: #a84f00; \
    --saga-undo: #fff1e0; --saga-doubt: #7a3fd1; --saga-turn: #0b7261; --saga-pivot: #c8102e; \
    --saga-last: #ffeef0; max-width: 100%; height: auto; }
@media (prefers-color-scheme: dark) { .saga-diagram { --saga-ink: #e8eaed; --saga-faint: #a9b2bc; \
    --saga-edge: #7d8590; --saga-card: #23272e; --saga-frame: #1b1f25; --saga-go: #6db3ff; \
    --saga-back: #f2a65a; --saga-undo: #3a2c1c; --saga-doubt: #c3a1ff; --saga-turn: #5cd0b3; \
    --saga-pivot: #ff6b7a; --saga-last: #3d2228; } }
[data-theme=\"light\"] .saga-diagram { --saga-ink: #1f2328; --saga-faint: #59636e; \
    --saga-edge: #8c959f; --saga-card: #ffffff; --saga-frame: #f6f8fa; --saga-go: #0a64c4; \
    --saga-back: #a84f00; --saga-undo: #fff1e0; --saga-doubt: #7a3fd1; --saga-turn: #0b7261; \
    --saga-pivot: #c8102e; --saga-last: #ffeef0; }
[data-theme=\"dark\"] .saga-diagram, [data-theme=\"ayu\"] .saga-diagram { --saga-ink: #e8eaed; \
    --saga-faint: #a9b2bc; --saga-edge: #7d8590; --saga-card: #23272e; --saga-frame: #1b1f25; \
    --saga-go: #6db3ff; --saga-back: #f2a65a; --saga-undo: #3a2c1c; --saga-doubt: #c3a1ff; \
    --saga-turn: #5cd0b3; --saga-pivot: #ff6b7a; --saga-last: #3d2228; }
:root.saga-diagram { background: #ffffff; }
@media (prefers-color-scheme: dark) { :root.saga-diagram { background: #15181c; } }
.saga-diagram text { font: 12px \"Fira Sans\", \"Helvetica Neue\", Arial, sans-serif; \
    fill: #59636e; fill: var(--saga-faint); }
.saga-diagram .saga-code { font: 12px \"Source Code Pro\", Menlo, \"DejaVu Sans Mono\", monospace; }
.saga-diagram .saga-name { \
    font: 600 14px \"Source Code Pro\", Menlo, \"DejaVu Sans Mono\", monospace; fill: #1f2328; \
    fill: var(--saga-ink); }
.saga-diagram .saga-name-pivot { \
    font: 600 14px \"Source Code Pro\", Menlo, \"DejaVu Sans Mono\", monospace; fill: #c8102e; \
    fill: var(--saga-pivot); }
.saga-diagram .saga-doubt { fill: #7a3fd1; fill: var(--saga-doubt); }
.saga-diagram .saga-turn { fill: #0b7261; fill: var(--saga-turn); }
.saga-diagram .saga-back { fill: #a84f00; fill: var(--saga-back); }
.saga-diagram .saga-pivot { font-weight: 600; fill: #c8102e; fill: var(--saga-pivot); }
.saga-diagram .saga-mark { font-size: 10px; font-weight: 600; text-anchor: middle; fill: #ffffff; \
    fill: var(--saga-card); }
.saga-diagram path, .saga-diagram rect, .saga-diagram circle { fill: none; stroke-width: 1.5; }
.saga-diagram .saga-box { fill: #ffffff; fill: var(--saga-card); stroke: #8c959f; \
    stroke: var(--saga-edge); }
.saga-diagram .saga-box-read { fill: #ffffff; fill: var(--saga-card); stroke: #8c959f; \
    stroke: var(--saga-edge); stroke-dasharray: 5 4; }
.saga-diagram .saga-box-pivot { fill: #ffeef0; fill: var(--saga-last); stroke: #c8102e; \
    stroke: var(--saga-pivot); stroke-width: 3; }
.saga-diagram .saga-frame { fill: #f6f8fa; fill: var(--saga-frame); stroke: #8c959f; \
    stroke: var(--saga-edge); stroke-width: 1; }
.saga-diagram .saga-strip { fill: #fff1e0; fill: var(--saga-undo); }
.saga-diagram .saga-strip-edge { stroke: #a84f00; stroke: var(--saga-back); stroke-width: 1; }
.saga-diagram .saga-go-line { stroke: #0a64c4; stroke: var(--saga-go); }
.saga-diagram .saga-go-head { fill: #0a64c4; fill: var(--saga-go); }
.saga-diagram .saga-back-line { stroke: #a84f00; stroke: var(--saga-back); stroke-dasharray: 4 3; }
.saga-diagram .saga-back-icon { stroke: #a84f00; stroke: var(--saga-back); }
.saga-diagram .saga-back-head { fill: #a84f00; fill: var(--saga-back); }
.saga-diagram .saga-turn-line { stroke: #0b7261; stroke: var(--saga-turn); }
.saga-diagram .saga-turn-head { fill: #0b7261; fill: var(--saga-turn); }
.saga-diagram .saga-doubt-dot { fill: #7a3fd1; fill: var(--saga-doubt); }
.saga-diagram .saga-pivot-line { stroke: #c8102e; stroke: var(--saga-pivot); stroke-width: 3; }
";

/// The additional style of the picture of a run: the states of steps.
pub(in crate::diagram) const RUN_STYLE: &str = "\
.saga-diagram { --saga-good: #1a7f37; }
@media (prefers-color-scheme: dark) { .saga-diagram { --saga-good: #57c26d; } }
[data-theme=\"light\"] .saga-diagram { --saga-good: #1a7f37; }
[data-theme=\"dark\"] .saga-diagram { --saga-good: #57c26d; }
.saga-diagram [class*=\"saga-at-\"] { font-weight: 600; stroke: none; }
.saga-diagram .saga-at-plain { fill: var(--saga-ink); }
.saga-diagram .saga-at-faint { fill: var(--saga-faint); }
.saga-diagram .saga-at-good { fill: var(--saga-good); }
.saga-diagram .saga-on-good { stroke: var(--saga-good); stroke-width: 2; }
.saga-diagram .saga-at-moves { fill: var(--saga-go); }
.saga-diagram .saga-on-moves { stroke: var(--saga-go); stroke-width: 2; }
.saga-diagram .saga-at-waits { fill: var(--saga-go); }
.saga-diagram .saga-on-waits { stroke: var(--saga-go); stroke-width: 2; }
.saga-diagram .saga-at-undone { fill: var(--saga-back); }
.saga-diagram .saga-on-undone { stroke: var(--saga-back); stroke-width: 2; }
.saga-diagram .saga-at-bad { fill: var(--saga-pivot); }
.saga-diagram .saga-on-bad { stroke: var(--saga-pivot); stroke-width: 2; }
.saga-diagram .saga-at-unknown { fill: var(--saga-doubt); }
.saga-diagram .saga-on-unknown { stroke: var(--saga-doubt); stroke-width: 2; }
";
