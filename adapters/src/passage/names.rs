//! Names found without regard to ASCII case in a few steps, however many there are.

use scimux_scim::Text;
use scimux_scim::lex::Malformed;

/// So many names that a set of them is one number.
const MOST: usize = 128;
/// How many places there are for each name: most have one for themselves.
const ROOM: usize = 4;
const FREE: u8 = u8::MAX;

/// Names, and what is known of each.
#[derive(Debug)]
pub(super) struct Names<T> {
    entries: Vec<(Text, T)>,
    /// The index of the name whose place it is, or of one that found its own taken. As many as a power of two.
    places: Box<[u8]>,
}

impl<T> Names<T> {
    /// Of names that are equal but for case the first stays. `None`: they are too many.
    pub(super) fn new(all: impl IntoIterator<Item = (Text, T)>) -> Option<Self> {
        let all: Vec<_> = all.into_iter().collect();
        let places = vec![FREE; (ROOM * all.len()).next_power_of_two()];
        let mut names = Self { entries: Vec::with_capacity(all.len()), places: places.into() };
        for (name, known) in all {
            if names.find(&name).is_none() {
                names.add(name, known)?;
            }
        }
        Some(names)
    }

    fn add(&mut self, name: Text, known: T) -> Option<()> {
        let index = u8::try_from(self.entries.len()).ok().filter(|index| usize::from(*index) < MOST)?;
        let mut place = self.place(&name);
        while self.places[place] != FREE {
            place = (place + 1) & (self.places.len() - 1);
        }
        self.places[place] = index;
        self.entries.push((name, known));
        Some(())
    }

    /// The index of a name and what is known of it.
    #[inline]
    pub(super) fn find(&self, name: &str) -> Option<(usize, &T)> {
        let mut place = self.place(name);
        loop {
            let index = usize::from(self.places[place]);
            let (known, of) = self.entries.get(index)?;
            if **known == *name || known.eq_ignore_ascii_case(name) {
                return Some((index, of));
            }
            place = (place + 1) & (self.places.len() - 1);
        }
    }

    /// By length and three letters, so that a long name costs no more than a short one.
    #[inline]
    fn place(&self, name: &str) -> usize {
        let bytes = name.as_bytes();
        let letter = |at: usize| bytes.get(at).map_or(0, |byte| usize::from(byte | 0x20));
        let length = bytes.len();
        let (first, middle, last) = (letter(0), letter(length / 2), letter(length.wrapping_sub(1)));
        (length * 67 + first * 7 + middle * 31 + last * 13) & (self.places.len() - 1)
    }
}

/// Which names were seen in one object.
#[derive(Default)]
pub(super) struct Seen(u128);

impl Seen {
    /// Takes note of a name.
    ///
    /// # Errors
    /// It was seen before (rfc-traps 3).
    #[inline]
    pub(super) fn claim(&mut self, index: usize) -> Result<(), Malformed> {
        let bit = 1_u128 << index;
        let is_new = self.0 & bit == 0;
        self.0 |= bit;
        if is_new { Ok(()) } else { Err(Malformed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case_and_no_others() {
        let all: Vec<String> = (0..MOST).map(|number| format!("name{number}")).collect();
        let entries = |most| all.iter().take(most).enumerate().map(|(number, name)| (name.as_str().into(), number));
        let again = [("NAME5".into(), 0)];
        let names = Names::new(entries(MOST).chain(again)).expect("not too many");
        for (number, name) in all.iter().enumerate() {
            assert_eq!(names.find(name), Some((number, &number)));
            assert_eq!(names.find(&name.to_uppercase()), Some((number, &number)));
        }
        for name in ["", "name", "name128", "namé1"] {
            assert_eq!(names.find(name), None, "{name}");
        }
        assert!(Names::new(entries(MOST).chain([("one more".into(), 0)])).is_none());
        assert_eq!(Names::new(entries(0)).expect("none").find("name0"), None);
    }

    #[test]
    fn a_name_is_claimed_once() {
        let mut seen = Seen::default();
        assert_eq!([0, 127, 5].map(|index| seen.claim(index)), [Ok(()); 3]);
        assert_eq!(seen.claim(127), Err(Malformed));
    }
}
