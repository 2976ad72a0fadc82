//! The HTTP APIs, each at a tenth more than the rate that it is to hold.

use std::net::SocketAddr;

use perf_load::http::{Client, Hosts, Request};
use perf_load::{Error, Load, Operation, Outcome};

use super::{Extent, told};

/// An API: the requests that it gets, by weight, and how many of them a second it should and must serve.
pub(super) struct Api {
    pub(super) name: &'static str,
    pub(super) target: f64,
    pub(super) limit: f64,
    requests: &'static [Sent],
}

struct Sent {
    name: &'static str,
    weight: f64,
    method: &'static str,
    path: &'static str,
    body: &'static str,
}

const fn get(name: &'static str, weight: f64, path: &'static str) -> Sent {
    Sent { name, weight, method: "GET", path, body: "" }
}

const fn post(name: &'static str, weight: f64, path: &'static str, body: &'static str) -> Sent {
    Sent { name, weight, method: "POST", path, body }
}

pub(super) const ALL: &[Api] = &[
    Api {
        name: "query API",
        target: 500.0,
        limit: 250.0,
        requests: &[get("orders", 7.0, "/orders"), get("search", 3.0, "/products?q={{choice amber|cedar|glass|oak}}")],
    },
    Api { name: "product API", target: 1_000.0, limit: 500.0, requests: &[get("product", 1.0, "/products/{product}")] },
    Api {
        name: "node API",
        target: 800.0,
        limit: 400.0,
        requests: &[
            post("create", 1.0, "/nodes", r#"{"parent": null, "title": "{{text 12}}"}"#),
            get("read", 9.0, "/nodes/1"),
        ],
    },
    Api {
        name: "event API",
        target: 100.0,
        limit: 50.0,
        requests: &[post("publish", 1.0, "/events/{{int 1..1000}}", "")],
    },
];

impl Api {
    pub(super) fn drive(&self, address: SocketAddr, extent: Extent) -> Result<Outcome, Error> {
        let tenants = format!("{{{{int 1..{}}}}}", extent.size.tenants);
        // Any product of the tenant: on the large database most of them are in no cache.
        let product = format!("{{{{int 1..{}}}}}", extent.size.products);
        let requests = self.requests.iter().map(|sent| {
            let url = format!("http://{address}{}", sent.path.replace("{product}", &product));
            let request = Request::new(sent.method, &url)?.header("x-tenant", &tenants)?;
            match sent.body {
                "" => Ok(request),
                body => request.header("content-type", "application/json")?.body(body),
            }
        });
        let client = Client::new(requests.collect::<Result<_, Error>>()?, &Hosts::loopback())?;
        client.reach()?;
        let operations: Vec<Operation> =
            self.requests.iter().map(|sent| Operation::new(sent.name).weight(sent.weight)).collect();
        // Callers keep few connections: more would only wait in the server instead of here.
        let load = Load::new(self.name).rate(1.1 * self.target).poisson().duration(extent.each).max_in_flight(16);
        client.drive(&told(load), &operations)
    }
}
