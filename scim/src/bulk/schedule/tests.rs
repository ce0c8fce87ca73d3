//! The order of operations: tables, and laws over random requests.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::bulk::{Data, Method};
use crate::fixture::{canonical, decoded, group_type, object, user_type};
use crate::{Object, ResourceType};

/// `POST a users {…}`, `PATCH 1 groups {…}`, `DELETE 1 users`: a method, a bulkId or id, a type, data.
fn needs(line: &str) -> Needs {
    let mut words = line.splitn(4, ' ');
    let mut word = || words.next().unwrap_or_default();
    let (method, id, kind, data) = (word(), word(), word(), word());
    let known = if kind == "users" { user_type() } else { group_type() };
    let resource = || -> Object { canonical(object(data), &known).expect(data).resource };
    match method {
        "POST" => Needs::of_creation(id.into(), &mut resource(), &known),
        "PUT" => Needs::of_change(&id.into(), Method::Put, Data::Resource(&mut resource()), &known),
        "PATCH" => patch(id, data, &known),
        "DELETE" => Needs::of_change(&id.into(), Method::Delete, Data::Nothing, &known),
        _ => Needs::default(),
    }
}

fn patch(id: &str, data: &str, known: &ResourceType) -> Needs {
    let message = object(&format!(r#"{{"Operations":[{{"op":"replace","value":{data}}}]}}"#));
    let mut patch = decoded(&message, id, known).expect(data);
    Needs::of_change(&id.into(), Method::Patch, Data::Operations(&mut patch.operations), known)
}

/// In which waves operations begin if all that have begun end together.
fn waves(lines: &[&str]) -> Vec<Vec<usize>> {
    let needs: Vec<Needs> = lines.iter().map(|line| needs(line)).collect();
    let mut schedule = Schedule::new(&needs, None);
    let mut waves = Vec::new();
    loop {
        let wave: Vec<usize> = std::iter::from_fn(|| schedule.begin()).collect();
        if wave.is_empty() {
            return waves;
        }
        wave.iter().for_each(|operation| schedule.end(*operation, false));
        waves.push(wave);
    }
}

const ALICE: &str = r#"POST a users {"userName":"alice"}"#;
const BOB: &str = r#"POST b users {"userName":"bob"}"#;

#[test]
fn trap_270_what_is_independent_runs_together() {
    assert_eq!(waves(&[ALICE, BOB, "DELETE g1 groups", r#"PATCH 7 users {"title":"x"}"#]), [[0, 1, 2, 3]]);
    assert_eq!(waves(&[r#"PATCH 7 users {"title":"x"}"#, r#"PATCH 8 users {"active":false}"#]), [[0, 1]]);
    assert_eq!(waves(&["DELETE 1 users", "DELETE 2 users", "refused"]), [[0, 1, 2]]);
    let member = r#"{"displayName":"g","members":[{"value":"1"}]}"#;
    assert_eq!(
        waves(&[&format!("POST a groups {member}"), &format!("POST b groups {}", member.replace("\"g", "\"h"))]),
        [[0, 1]]
    );
    assert_eq!(waves(&[]), Vec::<Vec<usize>>::new());
}

#[test]
fn trap_270_what_touches_the_same_keeps_its_order() {
    let cases: &[&[&str]] = &[
        // One resource.
        &[r#"PATCH 1 users {"title":"x"}"#, r#"PATCH 1 users {"title":"y"}"#],
        &[r#"PATCH 1 users {"title":"x"}"#, "DELETE 1 users"],
        // A name set free and taken, taken and set free, in either way.
        &["DELETE 1 users", ALICE],
        &[ALICE, "DELETE 1 users"],
        &[r#"PUT 1 users {"userName":"x"}"#, ALICE],
        &[r#"PATCH 1 users {"userName":"x"}"#, ALICE],
        &[r#"PUT 1 users {"userName":"x"}"#, r#"PUT 2 users {"userName":"y"}"#],
        &[ALICE, r#"POST b users {"userName":"ALICE"}"#],
        &[r#"PATCH 1 users {"externalId":"x"}"#, ALICE],
        &["DELETE 1 groups", r#"POST a groups {"displayName":"x"}"#],
        // One refers to the other.
        &[r#"PATCH g groups {"members":[{"value":"1"}]}"#, "DELETE 1 users"],
        &["DELETE 1 users", r#"PATCH g groups {"members":[{"value":"1"}]}"#],
        &[r#"POST a groups {"displayName":"g","members":[{"value":"1"}]}"#, r#"PATCH 1 users {"title":"x"}"#],
    ];
    for lines in cases {
        assert_eq!(waves(lines), [[0], [1]], "{lines:?}");
    }
}

#[test]
fn traps_259_260_creation_first_wherever_it_stands() {
    let group = r#"POST g groups {"displayName":"g","members":[{"value":"bulkId:a"},{"value":"bulkId:b"}]}"#;
    assert_eq!(waves(&[group, ALICE, BOB]), [vec![1, 2], vec![0]]);
    assert_eq!(waves(&["DELETE bulkId:a users", ALICE]), [[1], [0]], "in the path");
    let nested = r#"POST h groups {"displayName":"h","members":[{"value":"bulkId:g"}]}"#;
    assert_eq!(waves(&[nested, group, ALICE, BOB]), [vec![2, 3], vec![1], vec![0]]);
    // The order of claims bends where a reference contradicts it, and only there.
    let put = r#"PUT g groups {"displayName":"g","members":[{"value":"bulkId:a"}]}"#;
    assert_eq!(waves(&[put, "DELETE g groups", ALICE]), [[2], [0], [1]]);
    let boss = r#"PUT 1 users {"userName":"x","E":{"manager":{"value":"bulkId:a"}}}"#;
    assert_eq!(waves(&[boss, ALICE, "DELETE 1 users"]), [[1], [0], [2]]);
    assert_eq!(waves(&[r#"PATCH 1 users {"E:manager":"bulkId:nobody"}"#]), [[0]], "refused when it runs");
}

/// The issue refuses circles (RFC 7644 section 3.7.1 lets it).
#[test]
fn trap_261_circles() {
    let refers = |to: &str| format!(r#"{{"displayName":"g","members":[{{"value":"bulkId:{to}"}}]}}"#);
    let lines = [
        format!("POST a groups {}", refers("b")),
        format!("POST b groups {}", refers("c")),
        format!("POST c groups {}", refers("b")),
        format!("POST d groups {}", refers("d")),
        format!("POST e groups {}", refers("f")),
        r#"POST f groups {"displayName":"f"}"#.to_owned(),
    ];
    let needs: Vec<Needs> = lines.iter().map(|line| needs(line)).collect();
    let schedule = Schedule::new(&needs, None);
    let circular: Vec<usize> = (0..6).filter(|operation| schedule.is_circular(*operation)).collect();
    assert_eq!(circular, [1, 2, 3], "not who refers to a circle");
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let order: Vec<usize> = waves(&lines).into_iter().flatten().collect();
    assert!(order.iter().position(|operation| *operation == 0) > order.iter().position(|operation| *operation == 1));
}

#[test]
fn trap_263_never_more_under_way_than_errors_left() {
    let needs: Vec<Needs> = (1..5).map(|id| needs(&format!("DELETE {id} users"))).collect();
    let mut schedule = Schedule::new(&needs, Some(1));
    assert_eq!((schedule.begin(), schedule.begin()), (Some(0), None));
    schedule.end(0, false);
    assert_eq!((schedule.begin(), schedule.begin()), (Some(1), None));
    schedule.end(1, true);
    assert_eq!((schedule.begin(), schedule.is_stopped()), (None, true));
    let mut schedule = Schedule::new(&needs, Some(3));
    let begun: Vec<_> = std::iter::from_fn(|| schedule.begin()).collect();
    assert_eq!(begun, [0, 1, 2]);
    schedule.end(2, true);
    assert_eq!(schedule.begin(), None, "all three may fail");
    schedule.end(0, false);
    assert_eq!(schedule.begin(), Some(3));
    let mut schedule = Schedule::new(&needs, Some(5));
    assert_eq!(std::iter::from_fn(|| schedule.begin()).count(), 4, "more than there can be");
}

#[test]
fn many_that_wait_for_many_are_cheap() {
    let lines: Vec<String> = (0..10_000)
        .map(|n| match n % 4 {
            0 | 1 => format!(r#"POST b{n} users {{"userName":"u{n}"}}"#),
            2 => format!("DELETE {n} users"),
            _ => format!(r#"PATCH g groups {{"members":[{{"value":"bulkId:b{}"}}]}}"#, n - 3),
        })
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    assert_eq!(waves(&lines).iter().map(Vec::len).sum::<usize>(), 10_000);
}

// Laws ---------------------------------------------------------------------------------------------------------------

/// An operation as few words as its dependencies need.
#[derive(Clone, Debug)]
struct Sketch {
    method: usize,
    id: usize,
    /// Whether the path has the bulkId of another.
    by_bulk_id: bool,
    renames: bool,
    refers: Option<(bool, usize)>,
    fails: bool,
}

fn sketch() -> impl Strategy<Value = Sketch> {
    let refers = option::of((any::<bool>(), 0..6_usize));
    (0..4_usize, 0..6_usize, any::<bool>(), any::<bool>(), refers, any::<bool>()).prop_map(
        |(method, id, by_bulk_id, renames, refers, fails)| Sketch { method, id, by_bulk_id, renames, refers, fails },
    )
}

impl Sketch {
    fn needs(&self, place: usize) -> Needs {
        let manager = match self.refers {
            Some((true, other)) => format!(r#","E":{{"manager":{{"value":"bulkId:{other}"}}}}"#),
            Some((false, other)) => format!(r#","E":{{"manager":{{"value":"{other}"}}}}"#),
            None => String::new(),
        };
        let id = if self.by_bulk_id { format!("bulkId:{}", self.id) } else { self.id.to_string() };
        let name = if self.renames { "userName" } else { "title" };
        needs(&match self.method {
            0 => format!(r#"POST {place} users {{"userName":"u{place}"{manager}}}"#),
            1 => format!(r#"PUT {id} users {{"userName":"u{place}"{manager}}}"#),
            2 => format!(r#"PATCH {id} users {{"{name}":"u{place}"{manager}}}"#),
            _ => format!("DELETE {id} users"),
        })
    }

    /// Which creations it refers to, by their bulkId, which is their place.
    fn uses(&self, all: &[Sketch]) -> Vec<usize> {
        let by_path = Some(self.id).filter(|_| self.method != 0 && self.by_bulk_id);
        let by_data = self.refers.filter(|(by_bulk_id, _)| *by_bulk_id && self.method != 3).map(|(_, other)| other);
        let is_creation = |place: &usize| all.get(*place).is_some_and(|other| other.method == 0);
        by_path.into_iter().chain(by_data).filter(is_creation).collect()
    }

    /// Whether the order of the two matters, told apart from how the schedule finds it out.
    fn conflicts(&self, other: &Sketch) -> bool {
        let target = |one: &Sketch| (one.method != 0).then_some((one.by_bulk_id, one.id));
        let named = |one: &Sketch| one.refers.filter(|_| one.method != 3);
        let same = target(self).is_some() && target(self) == target(other);
        let refers = target(self).is_some() && target(self) == named(other)
            || target(other).is_some() && target(other) == named(self);
        let takes = |one: &Sketch| one.method < 2 || one.method == 2 && one.renames;
        let frees = |one: &Sketch| one.method != 0 && (one.method != 2 || one.renames);
        same || refers || takes(self) && frees(other) || frees(self) && takes(other)
    }
}

/// Runs all, with `picks` saying which of those under way ends next; who began when and ended when.
fn played(sketches: &[Sketch], most: Option<u64>, places: usize, picks: &[usize]) -> Vec<Option<(usize, usize)>> {
    let needs: Vec<Needs> = sketches.iter().enumerate().map(|(place, sketch)| sketch.needs(place)).collect();
    let mut schedule = Schedule::new(&needs, most);
    let mut times = vec![None; sketches.len()];
    let mut running: Vec<usize> = Vec::new();
    for clock in 0.. {
        while running.len() < places {
            let Some(next) = schedule.begin() else { break };
            assert!(times[next].replace((clock, usize::MAX)).is_none(), "begun twice");
            running.push(next);
        }
        if running.is_empty() {
            break;
        }
        let ended = running.remove(picks[clock % picks.len()] % running.len());
        times[ended] = times[ended].map(|(begun, _)| (begun, clock));
        schedule.end(ended, sketches[ended].fails);
    }
    times
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_run_once_and_in_the_order_that_matters(
        sketches in vec(sketch(), 0..12),
        places in 1..5_usize,
        picks in vec(0..8_usize, 1..20),
    ) {
        let times = played(&sketches, None, places, &picks);
        prop_assert!(times.iter().all(Option::is_some), "{times:?}");
        let times: Vec<_> = times.into_iter().flatten().collect();
        let needs: Vec<Needs> = sketches.iter().enumerate().map(|(place, sketch)| sketch.needs(place)).collect();
        let schedule = Schedule::new(&needs, None);
        let has_references = sketches.iter().any(|sketch| !sketch.uses(&sketches).is_empty());
        for (place, sketch) in sketches.iter().enumerate() {
            for creation in sketch.uses(&sketches) {
                let both = schedule.is_circular(place);
                prop_assert!(both || times[creation].1 < times[place].0, "{place} before {creation}");
            }
            for (other, later) in sketches.iter().enumerate().skip(place + 1) {
                if sketch.conflicts(later) {
                    let apart = times[place].1 < times[other].0 || times[other].1 < times[place].0;
                    let in_order = times[place].1 < times[other].0;
                    prop_assert!(apart && (in_order || has_references), "{place} and {other}: {times:?}");
                }
            }
        }
    }

    #[test]
    fn counted_errors_stop_it_where_one_by_one_would(
        sketches in vec(sketch(), 0..12),
        most in 1..6_u64,
        places in 1..5_usize,
        picks in vec(0..8_usize, 1..20),
    ) {
        let ran = |places| played(&sketches, Some(most), places, &picks).iter().map(Option::is_some).collect::<Vec<_>>();
        prop_assert_eq!(ran(places), ran(1));
        let failed = ran(1).iter().zip(&sketches).filter(|(ran, sketch)| **ran && sketch.fails).count() as u64;
        let all_ran = ran(1).iter().all(|ran| *ran);
        prop_assert!(failed == most || all_ran && failed <= most);
    }
}
