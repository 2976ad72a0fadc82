//! Plans as files: the settings that they can have, and errors.

use std::time::Duration;

use perf_load::{Arrivals, Model, Operation, Plan, Sizes};

#[test]
fn every_key_is_that_of_the_builder() {
    let plan = Plan::parse(
        r#"
        name = "checkout"
        preset = ["heavy", "full"]
        rate = 250.5
        duration = "2s"
        poisson = true
        seed = 7
        max-in-flight = 3
        backlog = 9
        limit = "50ms"

        [[operation]]
        name = "get"
        weight = 9

        [[operation]]
        name = "put"
        failures = 0.25
        sizes = { low = 10, high = 20 }
        "#,
    )
    .unwrap();
    let expected = Arrivals::constant(250.5, Duration::from_secs(2)).unwrap().poisson(7);
    assert_eq!(plan.load.schedule().unwrap(), expected);
    let put = Operation::new("put").failures(0.25).sizes(Sizes::uniform(10, 20));
    assert_eq!(plan.operations, [Operation::new("get").weight(9.0), put]);
    let outcome = Plan::parse("preset = \"light\"\nduration = \"50ms\"\nmax-in-flight = 3\nlimit = \"50ms\"").unwrap();
    let outcome = outcome.load.run(|_| ()).unwrap();
    assert_eq!((outcome.name.as_str(), outcome.model), ("load", Model::open(3)));
    assert_eq!((outcome.limit, outcome.seed), (Some(Duration::from_millis(50)), Some(1)));
    let closed = Plan::parse("workers = 2\nthink = \"1ms\"\nduration = \"10ms\"").unwrap().load.run(|_| ()).unwrap();
    assert_eq!(closed.model, Model::closed(2, Duration::from_millis(1)));
}

#[test]
fn every_shape_has_a_name() {
    let seconds = Duration::from_secs;
    for (text, arrivals) in [
        ("shape = 'constant', rate = 5", Arrivals::constant(5.0, seconds(4))),
        ("shape = 'ramp', from = 0, to = 5", Arrivals::ramp(0.0, 5.0, seconds(4))),
        (
            "shape = 'burst', rate = 1, peak = 5, every = '2s', length = '1s'",
            Arrivals::burst(1.0, 5.0, seconds(2), seconds(1), seconds(4)),
        ),
        (
            "shape = 'spike', rate = 1, peak = 5, at = '2s', length = '1s'",
            Arrivals::spike(1.0, 5.0, seconds(2), seconds(1), seconds(4)),
        ),
        ("shape = 'day', low = 1, high = 5, period = '4s'", Arrivals::day(1.0, 5.0, seconds(4), seconds(4))),
    ] {
        let plan = Plan::parse(&format!("duration = '4s'\narrivals = {{ {text} }}")).unwrap();
        assert_eq!(plan.load.schedule().unwrap(), arrivals.unwrap(), "{text}");
    }
    let stages =
        "[arrivals]\nshape = 'stages'\nstages = [{ rate = 5, duration = '1s' }, { rate = 0, duration = '2s' }]";
    let expected = Arrivals::stages(&[(5.0, seconds(1)), (0.0, seconds(2))]).unwrap();
    assert_eq!(Plan::parse(stages).unwrap().load.schedule().unwrap(), expected);
    let replay = Plan::parse("arrivals = { shape = 'replay', times = ['1s', '500ms'] }").unwrap();
    assert_eq!(replay.load.schedule().unwrap().times().count(), 2);
}

#[test]
fn what_is_wrong_is_named_by_its_key() {
    for (text, key, told) in [
        ("rate = nan", "rate", "no rate"),
        ("rate = -1", "rate", "above zero"),
        ("rate = '5'", "rate", "must be a number"),
        ("rate = 1\nduration = 5", "duration", "\"30s\""),
        ("rate = 1\nduration = '99999999999999999999h'", "duration", "duration in quotes"),
        ("rate = 1\nduration = '600years'", "duration", "584 years"),
        ("rate = 1\ndurations = '5s'", "durations", "known are name, preset, duration"),
        ("duration = '5s'", "rate", "no rate"),
        ("rate = 1\nworkers = 2", "workers", "not both"),
        ("preset = 'huge'", "preset", "light, medium, heavy, quick, full"),
        ("rate = 1\nseed = -1", "seed", "zero or above"),
        ("rate = 1\noperation = []\nmax-in-flight = 0", "max-in-flight", "from 1"),
        ("rate = 1\narrivals = { shape = 'ramp' }", "rate", "leave one out"),
        ("arrivals = { shape = 'ramp', to = 5 }", "arrivals.from", "missing"),
        ("arrivals = { shape = 'ramp', from = 0, to = 5, rate = 1 }", "arrivals.rate", "not known"),
        ("arrivals = { shape = 'wave' }", "arrivals.shape", "none of"),
        ("duration = '5s'\narrivals = { shape = 'replay', times = ['1s'] }", "arrivals.shape", "leave `duration` out"),
        (
            "arrivals = { shape = 'stages', stages = [{ rate = -1, duration = '1s' }] }",
            "arrivals.stages[0].rate",
            "zero or above",
        ),
        ("arrivals = { shape = 'stages' }", "arrivals.stages", "none"),
        ("rate = 1\n[[operation]]\nweight = 1", "operation[0].name", "missing"),
        ("rate = 1\n[[operation]]\nname = 'a'\nweigth = 1", "operation[0].weigth", "known are name, weight"),
        ("rate = 1\n[[operation]]\nname = 'a'\nweight = -1", "operation.a.weight", "no weight"),
        ("rate = 1\n[[operation]]\nname = 'a'\nsizes = 'big'", "operation[0].sizes", "{ low, high }"),
        ("rate = 1\n[[operation]]\nname = 'a'\nsizes = { low = 1 }", "operation[0].sizes", "{ low, high }"),
        ("rate = 1\n[[operation]]\nname = 'a'\n[[operation]]\nname = 'a'", "operation.a", "two operations"),
    ] {
        let error = Plan::parse(text).unwrap_err();
        assert_eq!(error.key(), Some(key), "{text}: {error}");
        assert!(error.to_string().contains(told), "{text}: {error}");
    }
    let error = Plan::parse("rate = 1\nduration 5").unwrap_err().to_string();
    assert!(error.contains("line 2"), "{error}");
}
