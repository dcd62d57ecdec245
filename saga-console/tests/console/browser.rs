//! A person with a browser.

use crate::{
    asking::{acting, page},
    chromium::{Driver, HOST, Person, served, until},
    form::RESUME,
    sagas::Site,
};
use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, Method, StatusCode, header::SET_COOKIE},
    middleware::{Next, from_fn},
    response::Html,
    routing::get,
};
use serde_json::json;
use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_finds_a_parked_trip_reads_why_and_puts_it_right() {
    let Some(driver) = Driver::start() else {
        return;
    };
    let site = Site::open().await;
    for id in ["trip-1", "trip-2", "trip-4"] {
        drop(site.trip(id, "Lisbon").await);
    }
    for id in ["trip-3", "trip-5"] {
        site.parked(id, "the hotel is closed").await;
    }
    let router = acting(site.store.clone());
    let console = format!("127.0.0.1:{}", served(router.clone()).await);
    let person = Person::at(&driver, console.clone(), 1).await;

    // Finds it, and reads why.
    person.goes_to("/").await;
    person.keeps_a_picture("overview-light.png").await;
    person.clicks("//main//a[contains(., 'trip-3')]").await;
    person
        .sees(
            "`hotel` is not compensated (its compensation failed twice, last: the hotel is closed)",
        )
        .await;
    person.keeps_a_picture("parked-light.png").await;

    // Settles it: first what would follow, then the second button.
    person
        .clicks("//button[contains(., 'Preview settle')]")
        .await;
    person
        .sees("Settling only records this. If you then resume the saga:")
        .await;
    person.sees("No call is made.").await;
    person.agrees().await;
    person.sees("Recorded.").await;

    // Resumes it.
    person
        .clicks("//button[contains(., 'Preview resume')]")
        .await;
    person.sees("Then it is compensated.").await;
    person.keeps_a_picture("plan-light.png").await;
    person.agrees().await;
    person
        .sees("compensated: failed first: `charge`: no money")
        .await;
    assert!(person.reads().await.contains("the hotel says so"));
    person.is_alone().await;

    // Sees another one go back, live: somebody else resumes it.
    person.goes_to("/saga?saga=BookTrip&id=trip-5").await;
    person.sees("parked").await;
    let body = json!({ "action": "resume", "by": "bob", "why": "the hotel is open again" });
    let asked = crate::asking::post(&router, "/api/sagas/BookTrip/trip-5/actions", &body).await;
    assert_eq!(asked.status, StatusCode::OK);
    person
        .sees("compensated: failed first: `charge`: no money")
        .await;
    person.window.clone().close().await.unwrap();

    // The same in the dark.
    site.parked("trip-6", "the hotel is closed").await;
    let person = Person::at(&driver, console, 0).await;
    let colour = "return getComputedStyle(document.body).backgroundColor";
    person.goes_to("/").await;
    assert_eq!(person.measures(colour).await, "rgb(21, 24, 28)");
    person.keeps_a_picture("overview-dark.png").await;
    person.goes_to("/saga?saga=BookTrip&id=trip-6").await;
    person.keeps_a_picture("parked-dark.png").await;
    person.goes_to("/sagas").await;
    person.keeps_a_picture("list-dark.png").await;
    person.window.close().await.unwrap();
}

/// The processes that were told this folder.
fn processes_of(folder: &Path) -> usize {
    let folder = folder.as_os_str().as_encoded_bytes();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let commands = processes.filter_map(|it| fs::read(it.path().join("cmdline")).ok());
    commands
        .filter(|it| it.windows(folder.len()).any(|part| part == folder))
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browsers_end_with_a_test_that_fails() {
    let Some(driver) = Driver::start() else {
        return;
    };
    let folder = driver.profiles().to_owned();
    let fails = tokio::spawn(async move {
        let person = Person::at(&driver, String::new(), 1).await;
        assert_ne!(processes_of(driver.profiles()), 0);
        person.measures("it is no script").await;
    });
    fails.await.unwrap_err();
    until("their end", async || processes_of(&folder) == 0).await;
}

/// A page of another server on the same host: it sets the cookie of the console, and has a form for
/// it with the same token, and all else that the form of the console has.
fn trap(console: &str, seen: &str) -> Router {
    const TOKEN: &str = "0123456789abcdef0123456789abcdef";
    let fields = [
        ("saga", "BookTrip"),
        ("id", "trip-2"),
        ("action", "resume"),
        ("seen", seen),
        ("by", "eve"),
        ("why", "so"),
        ("token", TOKEN),
    ];
    let fields = fields.map(|(name, value)| format!("<input name=\"{name}\" value=\"{value}\">"));
    let fields = fields.concat();
    let page = format!(
        "<main id=\"main\"><form method=\"post\" action=\"http://{console}/act\">{fields}\
         <button>Win a trip</button></form></main>"
    );
    let cookie = format!("saga-console={TOKEN}; Path=/");
    let answer = async move || ([(SET_COOKIE, cookie.clone())], Html(page.clone()));
    Router::new().route("/", get(answer))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_on_another_port_of_the_same_host_does_nothing() {
    let Some(driver) = Driver::start() else {
        return;
    };
    let site = Site::open().await;
    site.parked("trip-2", "the hotel is closed").await;
    let console = acting(site.store.clone());
    let address = "/api/sagas/BookTrip/trip-2";
    let before = page(&console, address).await.json();
    // What the browser says of the forms that it sends.
    let sent: Arc<Mutex<Vec<HeaderMap>>> = Arc::default();
    let heard = Arc::clone(&sent);
    let hear = from_fn(move |request: Request, next: Next| {
        if request.method() == Method::POST {
            heard.lock().unwrap().push(request.headers().clone());
        }
        next.run(request)
    });
    let port = served(console.clone().layer(hear)).await;
    let host = format!("{HOST}:{port}");
    let trap = served(trap(&host, &before["commits"].to_string())).await;

    let mut victim = Person::at(&driver, format!("{HOST}:{trap}"), 1).await;
    victim.goes_to("/").await;
    victim.clicks("//button").await;
    victim.sees("Forbidden").await;
    let headers = sent.lock().unwrap().pop().unwrap();
    // It is as bad as it is said to be: nothing but the origin tells the two apart.
    assert!(!headers.contains_key("sec-fetch-site"), "{headers:?}");
    assert_eq!(headers["host"], host.as_str());
    assert_eq!(headers["origin"], format!("http://{HOST}:{trap}").as_str());
    assert!(headers["cookie"].to_str().unwrap().contains("saga-console"));
    let after = page(&console, address).await.json();
    assert_eq!(after["commits"], before["commits"]);
    assert_eq!(after["inbox"], json!([]));

    // The page of the console itself works there, though the browser says no more, and has the
    // other's cookie.
    victim.console = host;
    victim.goes_to(RESUME).await;
    victim.agrees().await;
    victim.sees("Recorded.").await;
    let headers = sent.lock().unwrap().pop().unwrap();
    assert!(!headers.contains_key("sec-fetch-site"), "{headers:?}");
    victim.window.close().await.unwrap();
}

/// A narrow page has nothing beside it that one would have to look for.
const CUT: &str = "return [...document.querySelectorAll('main *')]\
    .filter(it => !it.closest('.picture') && it.getBoundingClientRect().right > 400)\
    .map(it => it.outerHTML)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_telephone_nothing_is_cut() {
    let Some(driver) = Driver::start() else {
        return;
    };
    let site = Site::open().await;
    let long = "trip-".repeat(80);
    for id in ["trip-2", &long] {
        site.parked(id, &"the hotel is closed for the winter, ".repeat(8))
            .await;
    }
    let console = acting(site.store.clone());
    page(&console, "/api/overview").await;
    let console = format!("127.0.0.1:{}", served(console).await);
    let person = Person::with_telephone(&driver, console, 400).await;
    for address in [
        "/",
        "/sagas",
        "/saga?saga=BookTrip&id=trip-2",
        &format!("/saga?saga=BookTrip&id={long}&values=true"),
        RESUME,
        "/act-many?state=parked&action=resume",
    ] {
        person.goes_to(address).await;
        let name = address.split('?').next().unwrap().trim_matches('/');
        person
            .keeps_a_picture(&format!("telephone-{name}.png"))
            .await;
        let cut = person.measures(CUT).await;
        assert_eq!(cut, json!([]), "{address}");
        let width = "return document.documentElement.scrollWidth";
        assert_eq!(person.measures(width).await, 400, "{address}");
    }
    // What is in a column says what it is.
    person.goes_to("/sagas").await;
    let labels = "return [...document.querySelectorAll('main tbody tr:first-child td')]\
        .map(it => getComputedStyle(it, '::before').content)";
    let columns = ["Saga", "Id", "State", "Changed", "Where", "Why"];
    let columns = columns.map(|column| format!("\"{column}\""));
    assert_eq!(person.measures(labels).await, json!(columns));
    person.window.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_saga_with_a_very_long_id_leaves_the_others_their_room() {
    let Some(driver) = Driver::start() else {
        return;
    };
    let site = Site::open().await;
    drop(site.trip("trip-1", "Lisbon").await);
    site.parked("trip-2", "the hotel is closed").await;
    let console = acting(site.store.clone());
    let console = format!("127.0.0.1:{}", served(console).await);
    let person = Person::at(&driver, console, 1).await;
    let rows = "return [...document.querySelectorAll('main tbody tr')].slice(0, 2)\
        .map(it => it.getBoundingClientRect().height)";
    person.goes_to("/sagas").await;
    let before = person.measures(rows).await;
    site.parked(&"trip-".repeat(80), "the hotel is closed")
        .await;
    person.goes_to("/sagas").await;
    person.keeps_a_picture("long-id.png").await;
    assert_eq!(person.measures(rows).await, before);
    person.window.close().await.unwrap();
}
