use super::*;

fn environment(variables: &[(&str, &str)]) -> Environment {
    let find = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    from_variables(find)
}

fn from(variables: &[(&str, &str)]) -> Options {
    environment(variables).options
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

#[test]
fn the_more_particular_variable_wins() {
    assert_eq!(from(&[]).endpoint, "http://localhost:4318/v1/metrics");
    let general = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/");
    assert_eq!(from(&[general]).endpoint, "http://collector:4318/v1/metrics");
    let particular = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://metrics/in");
    assert_eq!(from(&[general, particular]).endpoint, "http://metrics/in");
}

#[test]
fn metrics_go_to_a_path_below_the_endpoint_and_before_its_query() {
    for (base, endpoint) in [
        ("http://h/base?tok=1", "http://h/base/v1/metrics?tok=1"),
        ("http://h/base/?tok=a/b?c", "http://h/base/v1/metrics?tok=a/b?c"),
        ("http://h?tok=1", "http://h/v1/metrics?tok=1"),
        ("http://h:4318", "http://h:4318/v1/metrics"),
        ("http://[::1]:4318/a%20b/", "http://[::1]:4318/a%20b/v1/metrics"),
        ("https://h/", "https://h/v1/metrics"),
        // A malformed URL is reported by the sender.
        ("http://a b", "http://a b"),
    ] {
        assert_eq!(from(&[("OTEL_EXPORTER_OTLP_ENDPOINT", base)]).endpoint, endpoint);
    }
}

#[test]
fn lists_are_decoded_in_keys_and_values() {
    let options = from(&[
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Basic%20eHg%3D, x = y ,"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=a,team%2Cof=se%C3%A4rch%3D"),
        ("OTEL_SERVICE_NAME", "b"),
    ]);
    assert_eq!(options.headers, [pair("authorization", "Basic eHg="), pair("x", "y")]);
    assert_eq!(options.resource, [pair("team,of", "seärch="), pair("service.name", "b")]);
}

#[test]
fn a_list_that_cannot_be_read_is_discarded_whole_and_told() {
    for list in ["a=1,alone", "=1", "a=%ff", "%ff=a,b=2"] {
        let told = environment(&[("OTEL_RESOURCE_ATTRIBUTES", list)]);
        assert!(told.options.resource.is_empty(), "{list}");
        let [problem] = &told.problems[..] else { panic!("{:?}", told.problems) };
        assert!(problem.to_string().contains("OTEL_RESOURCE_ATTRIBUTES="), "{problem}");
    }
    let secret = environment(&[("OTEL_EXPORTER_OTLP_HEADERS", "authorization=%ffsecret")]);
    assert!(!secret.problems[0].to_string().contains("secret"), "{}", secret.problems[0]);
}

#[test]
fn times_and_choices() {
    let options = from(&[
        ("OTEL_METRIC_EXPORT_INTERVAL", "1500"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "8000"),
        ("OTEL_METRIC_EXPORT_TIMEOUT", "5000"),
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "Delta"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_METRICS_EXEMPLAR_FILTER", "always_off"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
    ]);
    assert_eq!((options.interval, options.timeout), (Duration::from_millis(1500), Duration::from_secs(5)));
    assert_eq!(options.temporality, Temporality::Delta);
    assert!(options.gzip && !options.exemplars && !options.disabled && options.unmet.is_none());
    let preference = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
    assert_eq!(from(&[(preference, "lowmemory")]).temporality, Temporality::Delta);
}

#[test]
fn what_makes_no_sense_is_passed_over_and_told() {
    let names = [
        "OTEL_METRIC_EXPORT_INTERVAL",
        "OTEL_METRIC_EXPORT_TIMEOUT",
        "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
        "OTEL_EXPORTER_OTLP_COMPRESSION",
        "OTEL_METRICS_EXEMPLAR_FILTER",
        "OTEL_SDK_DISABLED",
    ];
    for name in names {
        let told = environment(&[(name, "soon")]);
        let [problem] = &told.problems[..] else { panic!("{name}: {:?}", told.problems) };
        assert!(problem.is_setting() && problem.to_string().starts_with(&format!("{name}=\"soon\"")), "{problem}");
        let usual = Options::default();
        assert_eq!((told.options.interval, told.options.timeout), (usual.interval, usual.timeout));
        // Empty is unset.
        assert!(environment(&[(name, " ")]).problems.is_empty(), "{name}");
    }
}

#[test]
fn the_sdk_can_be_disabled_and_another_exporter_be_wanted() {
    assert!(from(&[("OTEL_SDK_DISABLED", "TRUE")]).disabled && !from(&[("OTEL_SDK_DISABLED", "false")]).disabled);
    let wants = |value| environment(&[("OTEL_METRICS_EXPORTER", value)]).wants_otlp;
    assert!(wants("otlp") && wants("") && wants("console, otlp") && !wants("none") && !wants("prometheus"));
}

#[test]
fn what_it_cannot_do_keeps_it_from_starting() {
    let certificate = ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca.pem");
    let https = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector");
    for (variables, named) in [
        (&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")][..], "OTEL_EXPORTER_OTLP_PROTOCOL=\"grpc\""),
        (&[("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/json")], "http/protobuf"),
        (&[certificate, https], "OTEL_EXPORTER_OTLP_CERTIFICATE"),
    ] {
        let error = super::super::Exporter::start(from(variables)).unwrap_err();
        assert!(error.is_setting() && error.to_string().contains(named), "{error}");
    }
    // Certificates mean nothing where nothing is encrypted.
    assert!(from(&[certificate]).unmet.is_none());
    let for_metrics =
        [("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/protobuf"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")];
    assert!(from(&for_metrics).unmet.is_none());
}
