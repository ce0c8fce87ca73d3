//! Times as people read them.

use std::time::{SystemTime, UNIX_EPOCH};

/// A time in UTC with seconds, as RFC 3339 writes it.
pub(crate) fn rfc3339(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let mut text = String::with_capacity(24);
    let parts =
        [(year / 100, ""), (year % 100, "-"), (month, "-"), (day, "T"), (hour, ":"), (minute, ":"), (second, "Z")];
    for (number, behind) in parts {
        push_two(number, &mut text);
        text.push_str(behind);
    }
    text
}

/// Two digits. Each line of the log has a time, and `format!` takes ten times as long.
fn push_two(number: u64, text: &mut String) {
    for digit in [number / 10 % 10, number % 10] {
        text.push(char::from_digit(u32::try_from(digit).unwrap_or_default(), 10).unwrap_or('0'));
    }
}

/// The same with milliseconds.
pub(super) fn rfc3339_millis(time: SystemTime) -> String {
    let millis = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_millis());
    let mut text = rfc3339(time);
    text.pop();
    text.push('.');
    push_two(u64::from(millis / 10), &mut text);
    text.push(char::from_digit(millis % 10, 10).unwrap_or('0'));
    text.push('Z');
    text
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
        assert_eq!(rfc3339_millis(UNIX_EPOCH + Duration::from_millis(1007)), "1970-01-01T00:00:01.007Z");
    }
}
