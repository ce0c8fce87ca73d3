//! Colour, where there is a terminal to show it.

use std::fmt;

use anstyle::{AnsiColor, Style};

/// Colours text, or leaves it alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    colour: bool,
}

impl Paint {
    pub(super) fn new(colour: bool) -> Self {
        Self { colour }
    }

    /// A heading.
    pub(super) fn heading(self, text: impl fmt::Display) -> String {
        self.with(Style::new().bold(), text)
    }

    /// What crosses between client and gateway.
    pub(super) fn canonical(self, text: impl fmt::Display) -> String {
        self.with(AnsiColor::Green.on_default().bold(), text)
    }

    /// What crosses between gateway and vendor.
    pub(super) fn vendor(self, text: impl fmt::Display) -> String {
        self.with(AnsiColor::Cyan.on_default().bold(), text)
    }

    /// What may be overlooked.
    pub(super) fn quiet(self, text: impl fmt::Display) -> String {
        self.with(Style::new().dimmed(), text)
    }

    /// As it should be.
    pub(super) fn good(self, text: impl fmt::Display) -> String {
        self.with(AnsiColor::Green.on_default(), text)
    }

    /// In between.
    pub(super) fn fair(self, text: impl fmt::Display) -> String {
        self.with(AnsiColor::Yellow.on_default(), text)
    }

    /// Not as it should be.
    pub(super) fn bad(self, text: impl fmt::Display) -> String {
        self.with(AnsiColor::Red.on_default().bold(), text)
    }

    fn with(self, style: Style, text: impl fmt::Display) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_string() }
    }
}
