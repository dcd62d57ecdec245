//! Chromium without a window, where it is installed, and who looks through it.

use axum::Router;
use fantoccini::{Client, ClientBuilder, Locator, error::CmdError};
use serde_json::{Map, Value, json};
use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use tokio::net::TcpListener;

/// How often one looks for what is to come, and the pause between two looks: patience for a machine that
/// has much else to do.
const LOOKS: u32 = 600;
const PAUSE: Duration = Duration::from_millis(50);

/// The name of a host that is not `localhost`, and is this machine in the browser alone.
pub(crate) const HOST: &str = "console.test";

/// Starts the driver, and ends it once nobody writes to it any more, however this process has ended.
/// The browsers are in its group of processes, too. Only the driver has the output, which ends with it.
const GUARD: &str = "chromedriver --port=0 & exec >&-; read _; kill -KILL 0";

/// How often a driver is started: it takes a free port of IPv4, and ends if that one of IPv6 is in use.
const STARTS: u32 = 10;

/// Chromium's driver, which ends with the test, and with it all its browsers.
pub(crate) struct Driver {
    guard: Child,
    address: String,
    /// What the browsers keep.
    profiles: PathBuf,
    windows: AtomicU32,
}

impl Driver {
    /// `None` where there is no browser.
    pub(crate) fn start() -> Option<Self> {
        static DRIVERS: AtomicU32 = AtomicU32::new(0);
        let found = ["chromium", "chromedriver"].map(|program| {
            let said = Command::new(program).arg("--version").output();
            said.is_ok_and(|said| said.status.success())
        });
        if found != [true, true] {
            saga_tests::leave_out("chromium and chromedriver are not installed");
            return None;
        }
        let started = (0..STARTS).find_map(|_| guarded());
        let (guard, port) = started.expect("a driver starts");
        let address = format!("http://127.0.0.1:{port}");
        let driver = DRIVERS.fetch_add(1, Ordering::Relaxed);
        let profiles = format!("browser-{}-{driver}", std::process::id());
        Some(Self {
            guard,
            address,
            profiles: Path::new(env!("CARGO_TARGET_TMPDIR")).join(profiles),
            windows: AtomicU32::new(0),
        })
    }

    /// Where its browsers keep what they keep: each of their processes is told.
    pub(crate) fn profiles(&self) -> &Path {
        &self.profiles
    }

    /// A window with a theme: 0 is dark, 1 is light. With a width it is that of a telephone.
    async fn window(&self, theme: u8, width: Option<u32>) -> Client {
        let window = self.windows.fetch_add(1, Ordering::Relaxed);
        let profile = self.profiles.join(window.to_string());
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
            format!("--host-resolver-rules=MAP {HOST} 127.0.0.1"),
            format!("--blink-settings=preferredColorScheme={theme}"),
            format!("--user-data-dir={}", profile.display()),
        ];
        let mut options = json!({ "args": arguments });
        if let Some(width) = width {
            let metrics = json!({ "width": width, "height": 800, "pixelRatio": 1.0 });
            options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
        }
        let mut wanted = Map::new();
        wanted.insert("goog:chromeOptions".to_owned(), options);
        let mut builder =
            ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
        builder.capabilities(wanted);
        builder.connect(&self.address).await.unwrap()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        drop(self.guard.wait());
        drop(fs::remove_dir_all(&self.profiles));
    }
}

/// A driver and its port, unless the driver ends before it says which.
fn guarded() -> Option<(Child, String)> {
    let mut guard = Command::new("sh")
        .args(["-c", GUARD])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(guard.stdout.take().unwrap()).lines();
    let port = lines.find_map(|line| {
        let line = line.unwrap();
        let (_, port) = line.split_once("successfully on port ")?;
        Some(port.trim_end_matches('.').to_owned())
    });
    let Some(port) = port else {
        drop(guard.stdin.take());
        drop(guard.wait());
        return None;
    };
    // It goes on saying things, and must not wait for a reader.
    std::thread::spawn(move || lines.for_each(drop));
    Some((guard, port))
}

/// A person who looks at a console.
pub(crate) struct Person {
    pub(crate) window: Client,
    /// The console's host and port.
    pub(crate) console: String,
}

/// Serves it on this machine, and gives the port.
pub(crate) async fn served(router: Router) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(axum::serve(listener, router).into_future());
    port
}

/// Waits until something is so; gives `false` if that does not come.
async fn comes(mut is_so: impl AsyncFnMut() -> bool) -> bool {
    for _ in 0..LOOKS {
        if is_so().await {
            return true;
        }
        tokio::time::sleep(PAUSE).await;
    }
    false
}

/// Waits until something is so, which must come.
pub(crate) async fn until(what: &str, is_so: impl AsyncFnMut() -> bool) {
    assert!(comes(is_so).await, "it does not come: {what}");
}

impl Person {
    pub(crate) async fn at(driver: &Driver, console: String, theme: u8) -> Self {
        let window = driver.window(theme, None).await;
        Self { window, console }
    }

    /// With a telephone that is so many pixels wide.
    pub(crate) async fn with_telephone(driver: &Driver, console: String, width: u32) -> Self {
        let window = driver.window(1, Some(width)).await;
        Self { window, console }
    }

    /// What a script on the page says.
    pub(crate) async fn measures(&self, script: &str) -> Value {
        self.window.execute(script, Vec::new()).await.unwrap()
    }

    pub(crate) async fn goes_to(&self, page: &str) {
        self.opens(&format!("http://{}{page}", self.console)).await;
    }

    /// Opens any page, by its whole address.
    pub(crate) async fn opens(&self, address: &str) {
        self.window.goto(address).await.unwrap();
        let there = "return location.href === new URL(arguments[0]).href";
        self.until(there, vec![json!(address)]).await;
        self.has_it_all().await;
    }

    /// Waits until the page is there as a whole, and has its styles. The driver may say sooner that it
    /// has gone to it.
    async fn has_it_all(&self) {
        let all = "return document.readyState === 'complete' \
            && [...document.querySelectorAll('link[rel=stylesheet]')].every(it => it.disabled || it.sheet)";
        self.until(all, Vec::new()).await;
    }

    /// Makes the window so wide, and as high as the page then is, if that is not too high for a picture.
    pub(crate) async fn sees_all_of_it(&self, width: u32) {
        self.resizes(width, 600).await;
        let height = "return Math.min(8000, \
            document.documentElement.scrollHeight + outerHeight - innerHeight)";
        let height = self.measures(height).await.as_u64().unwrap();
        self.resizes(width, u32::try_from(height).unwrap()).await;
    }

    async fn resizes(&self, width: u32, height: u32) {
        self.window.set_window_size(width, height).await.unwrap();
        let done = "return innerWidth === arguments[0] && outerHeight === arguments[1]";
        self.until(done, vec![json!(width), json!(height)]).await;
    }

    /// Waits until a script on the page says so.
    async fn until(&self, script: &str, arguments: Vec<Value>) {
        // Nothing answers while one page goes and the next one comes.
        let says = async || {
            let said = self.window.execute(script, arguments.clone()).await;
            said.is_ok_and(|said| said == true)
        };
        until(script, says).await;
    }

    /// Clicks on it, as soon as it is there: the content of a live page may be renewed meanwhile.
    pub(crate) async fn clicks(&self, what: &str) {
        let clicked = async || {
            let clicked = match self.window.find(Locator::XPath(what)).await {
                Ok(found) => found.click().await,
                Err(error) => Err(error),
            };
            match clicked {
                Ok(()) => true,
                Err(error) if error.is_no_such_element() => false,
                Err(error) if error.is_stale_element_reference() => false,
                Err(error) => panic!("{what}: {error}"),
            }
        };
        until(what, clicked).await;
    }

    pub(crate) async fn writes(&self, field: &str, text: &str) {
        let locator = format!("[name={field}]:not([type=hidden])");
        let found = self.window.find(Locator::Css(&locator)).await;
        found.unwrap().send_keys(text).await.unwrap();
    }

    pub(crate) async fn reads(&self) -> String {
        let main = self.window.find(Locator::Id("main")).await.unwrap();
        main.text().await.unwrap()
    }

    /// Waits until the page says so, without loading it again.
    pub(crate) async fn sees(&self, text: &str) {
        let mut read = String::new();
        let sees = async || {
            read = match self.window.find(Locator::Id("main")).await {
                Ok(main) => main.text().await.unwrap_or_default(),
                Err(CmdError::Standard(_)) => String::new(),
                Err(error) => panic!("{error}"),
            };
            read.contains(text)
        };
        assert!(comes(sees).await, "no `{text}` in {read}");
        // All that belongs to it, too.
        self.has_it_all().await;
    }

    /// Asks for what is shown, as ada.
    pub(crate) async fn agrees(&self) {
        self.writes("by", "ada").await;
        self.writes("why", "the hotel says so").await;
        self.clicks("//button[contains(@class, 'act')]").await;
    }

    /// What scripts could not load, or complained about.
    pub(crate) async fn is_alone(&self) {
        let hosts =
            "return performance.getEntriesByType('resource').map(it => new URL(it.name).host)";
        let hosts = self.measures(hosts).await;
        let own = json!(self.console);
        assert!(
            hosts.as_array().unwrap().iter().all(|host| *host == own),
            "{hosts}"
        );
    }

    pub(crate) async fn keeps_a_picture(&self, name: &str) {
        let Some(folder) = env::var_os("SAGA_SCREENSHOTS") else {
            return;
        };
        let picture = self.window.screenshot().await.unwrap();
        fs::create_dir_all(&folder).unwrap();
        fs::write(Path::new(&folder).join(name), picture).unwrap();
    }
}
