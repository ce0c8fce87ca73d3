//! What SCIM's simple types mean beyond their text (RFC 7643 section 2.3): moments, numbers, strings without case, base64.

use std::borrow::Cow;
use std::cmp::Ordering;

/// A moment in time. The fraction may have any length, so it stays text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant {
    seconds: i64,
    /// Digits behind the point without trailing zeros: their order as text is their order as numbers.
    fraction: String,
}

impl Instant {
    /// Reads an `xsd:dateTime` (rfc-traps 31, 32): not quite RFC 3339. Without a zone it is read as UTC.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.split_once('T')?;
        let (time, offset) = split_zone(time)?;
        let (clock, fraction) = match time.split_once('.') {
            Some((clock, fraction)) if is_digits(fraction) => (clock, fraction.trim_end_matches('0')),
            Some(_) => return None,
            None => (time, ""),
        };
        let day = day_seconds(clock)?;
        let midnight_of_next = day == 86_400;
        if midnight_of_next && !fraction.is_empty() {
            return None;
        }
        Some(Self { seconds: days(date)? * 86_400 + day - offset, fraction: fraction.to_owned() })
    }
}

/// A moment as whole seconds since 1970; `None`: it is no `xsd:dateTime`.
#[must_use]
pub fn seconds_since_1970(text: &str) -> Option<i64> {
    Instant::parse(text).map(|instant| instant.seconds)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Exactly two digits.
fn two(text: &str) -> Option<i64> {
    (text.len() == 2 && is_digits(text)).then(|| text.parse().ok())?
}

/// Cuts `Z` or `+hh:mm` off; the second part is the offset in seconds.
fn split_zone(time: &str) -> Option<(&str, i64)> {
    if let Some(time) = time.strip_suffix('Z') {
        return Some((time, 0));
    }
    let Some(sign) = time.rfind(['+', '-']) else { return Some((time, 0)) };
    let (time, zone) = time.split_at(sign);
    let (hours, minutes) = zone[1..].split_once(':')?;
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    let offset = hours * 3600 + minutes * 60;
    let legal = offset <= 14 * 3600 && minutes < 60;
    legal.then_some((time, if zone.starts_with('-') { -offset } else { offset }))
}

/// `hh:mm:ss` as seconds of the day; `24:00:00` is the end of it, a leap second does not exist.
fn day_seconds(clock: &str) -> Option<i64> {
    let mut parts = clock.split(':');
    let (hour, minute, second) = (two(parts.next()?)?, two(parts.next()?)?, two(parts.next()?)?);
    let seconds = hour * 3600 + minute * 60 + second;
    let legal = parts.next().is_none() && hour <= 24 && minute < 60 && second < 60 && seconds <= 86_400;
    legal.then_some(seconds)
}

/// `yyyy-mm-dd` as days since 1970.
fn days(date: &str) -> Option<i64> {
    let (negative, date) = date.strip_prefix('-').map_or((false, date), |date| (true, date));
    let (year, rest) = date.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let (month, day) = (two(month)?, two(day)?);
    let legal_year = is_digits(year) && (year.len() == 4 || (5..=9).contains(&year.len()) && !year.starts_with('0'));
    let year: i64 = year.parse().ok().filter(|_| legal_year)?;
    let year = if negative { -year } else { year };
    let legal = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
    legal.then(|| days_from_civil(year, month, day))
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970 of a date of the Gregorian calendar: years begin in March, eras have 400 of them.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// A JSON number compared by value without loss (rfc-traps 83): `0.digits` times ten to the `exponent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    negative: bool,
    exponent: i64,
    /// Without zeros at either end; empty is zero.
    digits: String,
}

impl Decimal {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.parse::<serde_json::Number>().ok()?;
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let digits = all.trim_start_matches('0');
        let zeros = i64::try_from(all.len() - digits.len()).ok()?;
        let digits = digits.trim_end_matches('0').to_owned();
        if digits.is_empty() {
            return Some(Self { negative: false, exponent: 0, digits });
        }
        let exponent = read_exponent(exponent).saturating_add(i64::try_from(whole.len()).ok()? - zeros);
        Some(Self { negative, exponent, digits })
    }

    /// The number in one spelling.
    pub(crate) fn key(&self) -> String {
        format!("{}{}e{}", if self.negative { "-" } else { "" }, self.digits, self.exponent)
    }
}

fn read_exponent(text: &str) -> i64 {
    let beyond = if text.starts_with('-') { i64::MIN / 2 } else { i64::MAX / 2 };
    text.parse().unwrap_or(beyond)
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let size = |number: &Self| (!number.digits.is_empty(), number.exponent);
        let by_size = size(self).cmp(&size(other)).then_with(|| self.digits.cmp(&other.digits));
        match (self.negative, other.negative) {
            (false, false) => by_size,
            (true, true) => by_size.reverse(),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A string without case, by Unicode and without a locale (rfc-traps 56).
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.chars().flat_map(char::to_lowercase).collect() }
}

/// Base64 without white space and padding, to be compared (rfc-traps 33).
pub(crate) fn bare_base64(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_whitespace() && *c != '=').collect()
}

/// Base64 as it should be sent: white space is gone, padding is as it was. `None`: not base64.
pub(crate) fn tidy_base64(text: &str) -> Option<String> {
    let tidy: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let digits = tidy.trim_end_matches('=');
    let padding = tidy.len() - digits.len();
    let is_digit = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_');
    let legal = digits.bytes().all(is_digit) && digits.len() % 4 != 1 && (padding == 0 || tidy.len().is_multiple_of(4));
    (legal && padding <= 2).then_some(tidy)
}

/// A SCIM URI without the segment that names the protocol's version: with and without are comparable (rfc-traps 36).
pub(crate) fn versionless(uri: &str) -> Cow<'_, str> {
    let is_version =
        |segment: &str| segment.strip_prefix('v').is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()));
    if !uri.split('/').any(is_version) {
        return uri.into();
    }
    let kept: Vec<&str> = uri.split('/').filter(|segment| !is_version(segment)).collect();
    kept.join("/").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traps_31_32_date_times() {
        let read = |text| Instant::parse(text).expect(text);
        assert_eq!(read("2011-05-13T06:42:34+02:00"), read("2011-05-13T04:42:34.000Z"));
        assert_eq!(read("2011-05-13T04:42:34"), read("2011-05-13T04:42:34Z"));
        assert_eq!(read("2011-05-13T24:00:00Z"), read("2011-05-14T00:00:00Z"));
        assert_eq!(read("1970-01-01T00:00:00Z").seconds, 0);
        assert_eq!(read("2000-03-01T00:00:00Z").seconds, 951_868_800);
        assert_eq!(read("-0001-12-31T23:59:59Z").seconds + 1, read("0000-01-01T00:00:00Z").seconds);
        assert!(read("2011-05-13T04:42:34.5Z") > read("2011-05-13T04:42:34.45678901234567890123Z"));
        assert!(read("12011-05-13T04:42:34Z") > read("2011-05-13T04:42:34Z"));
        for text in [
            "2011-05-13",
            "soon",
            "",
            "T",
            "2011-05-13t04:42:34Z",
            "2011-05-13T04:42:34z",
            "2011-05-13T04:42:60Z",
            "2011-05-13T24:00:01Z",
            "2011-05-13T24:00:00.1Z",
            "2011-05-13T04:42Z",
            "2011-05-13T04:42:34.Z",
            "2011-05-13T04:42:34+2:00",
            "2011-05-13T04:42:34+15:00",
            "2011-02-29T04:42:34Z",
            "2011-13-01T04:42:34Z",
            "011-05-13T04:42:34Z",
            "9999999999-05-13T04:42:34Z",
            "2011-05-13T04:42:34é",
        ] {
            assert_eq!(Instant::parse(text), None, "{text}");
        }
    }

    #[test]
    fn trap_83_numbers_compare_by_value() {
        let read = |text| Decimal::parse(text).expect(text);
        let ascending =
            ["-1e9999999999999999999", "-10", "-9.5", "-0.1", "0", "1e-7", "0.5", "1", "9", "10", "1.1e1", "1e99"];
        for pair in ascending.windows(2) {
            assert!(read(pair[0]) < read(pair[1]), "{pair:?}");
        }
        for (a, b) in [("1", "1.0"), ("-0", "0.0e5"), ("-3.5e2", "-350"), ("0.001", "1E-3"), ("100", "1e2")] {
            assert_eq!((read(a).cmp(&read(b)), read(a).key()), (Ordering::Equal, read(b).key()));
        }
        assert!(read("12345678901234567890123") > read("12345678901234567890122"));
        assert_eq!(Decimal::parse("1,0"), None);
    }

    #[test]
    fn trap_33_base64() {
        assert_eq!(bare_base64("AQ"), bare_base64("A Q=\n="));
        assert_eq!(tidy_base64("MII\r\n D").as_deref(), Some("MIID"));
        for text in ["A", "A=", "AQ=", "AQ===", "====", "A?==", "é"] {
            assert_eq!(tidy_base64(text), None, "{text}");
        }
    }

    #[test]
    fn trap_36_the_version_segment_does_not_count() {
        assert_eq!(versionless("https://h/v2/Users/1"), versionless("https://h/Users/1"));
        assert_ne!(versionless("https://h/v2/Users/1"), versionless("https://h/Users/2"));
    }

    #[test]
    fn trap_56_case_is_folded_by_unicode() {
        assert_eq!(fold("ÉTÉ"), fold("été"));
        assert_ne!(fold("I"), fold("ı"));
    }
}
