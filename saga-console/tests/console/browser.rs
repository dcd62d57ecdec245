//! A person with a browser: Chromium without a window, where it is installed.

use crate::{asking::acting, sagas::Site};
use axum::http::StatusCode;
use fantoccini::{Client, ClientBuilder, Locator, error::CmdError};
use serde_json::{Map, Value, json};
use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::net::TcpListener;

/// Chromium's driver, which ends with the test.
struct Driver {
    process: Child,
    address: String,
}

impl Driver {
    /// `None` where there is no browser.
    fn start() -> Option<Self> {
        let found = ["chromium", "chromedriver"].map(|program| {
            let said = Command::new(program).arg("--version").output();
            said.is_ok_and(|said| said.status.success())
        });
        if found != [true, true] {
            saga_tests::leave_out("chromium and chromedriver are not installed");
            return None;
        }
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            let line = line.unwrap();
            let (_, port) = line.split_once("successfully on port ")?;
            Some(port.trim_end_matches('.').to_owned())
        });
        // It goes on saying things, and must not wait for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        let address = format!("http://127.0.0.1:{}", port.expect("it says its port"));
        Some(Self { process, address })
    }

    /// A window with a theme: 0 is dark, 1 is light.
    async fn window(&self, theme: u8) -> Client {
        let profile = env::temp_dir().join(format!("saga-console-{}-{theme}", std::process::id()));
        let arguments = [
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-quic".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            "--window-size=1200,1000".to_owned(),
            format!("--blink-settings=preferredColorScheme={theme}"),
            format!("--user-data-dir={}", profile.display()),
        ];
        let mut wanted = Map::new();
        wanted.insert(
            "goog:chromeOptions".to_owned(),
            json!({ "args": arguments }),
        );
        let mut builder =
            ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
        builder.capabilities(wanted);
        builder.connect(&self.address).await.unwrap()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A person who looks at a console.
struct Person {
    window: Client,
    console: SocketAddr,
}

impl Person {
    async fn goes_to(&self, page: &str) {
        let address = format!("http://{}{page}", self.console);
        self.window.goto(&address).await.unwrap();
    }

    async fn clicks(&self, what: &str) {
        let found = self.window.find(Locator::XPath(what)).await;
        found
            .unwrap_or_else(|error| panic!("{what}: {error}"))
            .click()
            .await
            .unwrap();
    }

    async fn writes(&self, field: &str, text: &str) {
        let locator = format!("[name={field}]:not([type=hidden])");
        let found = self.window.find(Locator::Css(&locator)).await;
        found.unwrap().send_keys(text).await.unwrap();
    }

    async fn reads(&self) -> String {
        let main = self.window.find(Locator::Id("main")).await.unwrap();
        main.text().await.unwrap()
    }

    /// Waits until the page says so, without loading it again.
    async fn sees(&self, text: &str) {
        let mut read = String::new();
        for _ in 0..200 {
            read = match self.window.find(Locator::Id("main")).await {
                Ok(main) => main.text().await.unwrap_or_default(),
                Err(CmdError::Standard(_)) => String::new(),
                Err(error) => panic!("{error}"),
            };
            if read.contains(text) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no `{text}` in {read}");
    }

    /// Asks for what is shown, as ada.
    async fn agrees(&self) {
        self.writes("by", "ada").await;
        self.writes("why", "the hotel says so").await;
        self.clicks("//button[contains(@class, 'act')]").await;
    }

    /// What scripts could not load, or complained about.
    async fn is_alone(&self) {
        let hosts =
            "return performance.getEntriesByType('resource').map(it => new URL(it.name).host)";
        let hosts = self.window.execute(hosts, Vec::new()).await.unwrap();
        let own = json!(self.console.to_string());
        assert!(
            hosts.as_array().unwrap().iter().all(|host| *host == own),
            "{hosts}"
        );
    }

    async fn keeps_a_picture(&self, name: &str) {
        let Some(folder) = env::var_os("SAGA_SCREENSHOTS") else {
            return;
        };
        let picture = self.window.screenshot().await.unwrap();
        fs::write(Path::new(&folder).join(name), picture).unwrap();
    }
}

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
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let console = listener.local_addr().unwrap();
    let router = acting(site.store.clone());
    tokio::spawn(axum::serve(listener, router.clone()).into_future());
    let person = Person {
        window: driver.window(1).await,
        console,
    };

    // Finds it, and reads why.
    person.goes_to("/").await;
    person.keeps_a_picture("overview-light.png").await;
    person.clicks("//main//a[contains(., 'trip-3')]").await;
    person
        .sees("`hotel` stands (its compensation failed twice, last: the hotel is closed)")
        .await;
    person.keeps_a_picture("parked-light.png").await;

    // Settles it: first what would follow, then the second button.
    person.clicks("//button[contains(., 'Settle')]").await;
    person
        .sees("To settle is only put on record. If it is resumed then:")
        .await;
    person.sees("No call is made.").await;
    person.agrees().await;
    person.sees("It is on record.").await;

    // Resumes it.
    person.clicks("//button[contains(., 'Resume')]").await;
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
    let person = Person {
        window: driver.window(0).await,
        console,
    };
    let colour = "return getComputedStyle(document.body).backgroundColor";
    person.goes_to("/").await;
    let dark: Value = person.window.execute(colour, Vec::new()).await.unwrap();
    assert_eq!(dark, "rgb(21, 24, 28)");
    person.keeps_a_picture("overview-dark.png").await;
    person.goes_to("/saga?saga=BookTrip&id=trip-6").await;
    person.keeps_a_picture("parked-dark.png").await;
    person.goes_to("/sagas").await;
    person.keeps_a_picture("list-dark.png").await;
    person.window.close().await.unwrap();
}
