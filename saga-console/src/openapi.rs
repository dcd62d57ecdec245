//! The document that describes the API.

/// `OpenAPI`, by hand: tests compare it with the routes and with what they answer.
pub(crate) const DOCUMENT: &str = include_str!("../assets/openapi.json");

#[cfg(test)]
mod tests {
    use super::DOCUMENT;
    use crate::routes::api;
    use serde_json::Value;

    #[test]
    fn it_names_each_route_and_no_other() {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        let paths = document["paths"].as_object().unwrap().iter();
        let mut named: Vec<_> = paths
            .flat_map(|(path, of)| {
                let methods = of.as_object().unwrap().keys();
                methods.map(move |method| (method.as_str(), path.as_str()))
            })
            .collect();
        let routes = api().into_iter();
        let mut routes: Vec<_> = routes.map(|(method, path, _)| (method, path)).collect();
        named.sort_unstable();
        routes.sort_unstable();
        assert_eq!(named, routes);
    }
}
