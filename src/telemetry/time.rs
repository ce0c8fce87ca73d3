//! Times as people read them.

use std::time::{SystemTime, UNIX_EPOCH};

/// A time in UTC with seconds, as RFC 3339 writes it.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    let mut text = Millis::of(time).as_str().to_owned();
    text.replace_range(MILLIS, "");
    text
}

/// A time in UTC with milliseconds, as RFC 3339 writes it. Every line of the log has one: it is written without allocating.
#[derive(Clone, Copy, Debug)]
pub(super) struct Millis([u8; 24]);

/// Where the milliseconds are, with their point.
const MILLIS: std::ops::Range<usize> = 19..23;

impl Millis {
    /// That of a time.
    pub(super) fn of(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let (seconds, millis) = (since.as_secs(), u64::from(since.subsec_millis()));
        let (year, month, day) = date(seconds / 86_400);
        let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        let mut text = *b"0000-00-00T00:00:00.000Z";
        let mut put = |at: usize, number: u64| {
            text[at] = digit(number / 10);
            text[at + 1] = digit(number);
        };
        put(0, year / 100);
        put(2, year);
        put(5, month);
        put(8, day);
        put(11, hour);
        put(14, minute);
        put(17, second);
        put(20, millis / 10);
        text[22] = digit(millis);
        Self(text)
    }

    /// Its text.
    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("digits and what stands between them")
    }
}

/// The last digit of a number.
fn digit(number: u64) -> u8 {
    b'0' + (number % 10) as u8
}

/// Appends a number. Each line of the log has some, and `write!` takes ten times as long.
pub(super) fn push_number(mut number: u64, text: &mut String) {
    let (mut digits, mut first) = ([b'0'; 20], 20);
    loop {
        first -= 1;
        digits[first] = digit(number);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    text.extend(digits[first..].iter().map(|digit| char::from(*digit)));
}

/// The Gregorian date of a day since 1970-01-01. Years are counted from March, so that the leap day is a year's last.
fn date(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468; // days since 0000-03-01
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 { (0, month + 3) } else { (1, month - 9) };
    (year_of_era + era * 400 + year, month, day)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn known_times() {
        let at = |seconds| rfc3339(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(at(1_704_067_199), "2023-12-31T23:59:59Z");
        assert_eq!(at(4_107_542_400), "2100-03-01T00:00:00Z");
        assert_eq!(Millis::of(UNIX_EPOCH + Duration::from_millis(1007)).as_str(), "1970-01-01T00:00:01.007Z");
        assert_eq!(Millis::of(UNIX_EPOCH + Duration::from_millis(1987)).as_str(), "1970-01-01T00:00:01.987Z");
    }
}
