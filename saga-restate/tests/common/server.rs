//! Restate servers for tests: each in a temporary folder, on loopback, gone with the process that
//! started it, however that ends.

use std::{
    env,
    fs::{self, File},
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Where the server's program is, if it is not on the path.
const PROGRAM: &str = "SAGA_RESTATE_SERVER";

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that runs.
pub(crate) struct Server {
    folder: TempDir,
    program: PathBuf,
    pub(crate) ingress: u16,
    pub(crate) admin: u16,
    /// Ends the server when the pipe to it is closed.
    guard: Option<Child>,
}

fn port() -> u16 {
    // Somebody may take it meanwhile; then the server says so.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

fn program() -> Option<PathBuf> {
    if let Some(path) = env::var_os(PROGRAM) {
        return Some(path.into());
    }
    let folders = env::var_os("PATH")?;
    let mut files = env::split_paths(&folders).map(|folder| folder.join("restate-server"));
    files.find(|file| file.is_file())
}

impl Server {
    /// Starts a server; `None`: it is not installed, which is said.
    pub(crate) fn start() -> Option<Self> {
        let Some(program) = program() else {
            saga_tests::leave_out(
                "there is no `restate-server` (`npm install @restatedev/restate-server`; \
                 SAGA_RESTATE_SERVER=<its program>)",
            );
            return None;
        };
        let folder = tempfile::Builder::new().prefix("saga-restate-").tempdir();
        let folder = folder.expect("a folder");
        let (ingress, admin, node) = (port(), port(), port());
        let config = format!(
            r#"
            node-name = "test"
            base-dir = "{folder}/data"
            bind-address = "127.0.0.1:{node}"
            advertised-address = "http://127.0.0.1:{node}"
            listen-mode = "tcp"
            default-num-partitions = 1
            rocksdb-total-memory-size = "256 MiB"
            disable-telemetry = true
            log-filter = "warn"
            log-disable-ansi-codes = true
            [ingress]
            bind-address = "127.0.0.1:{ingress}"
            [admin]
            bind-address = "127.0.0.1:{admin}"
            disable-web-ui = true
            [worker.invoker]
            http2-keep-alive-interval = "1s"
            http2-keep-alive-timeout = "1s"
            "#,
            folder = folder.path().display(),
        );
        fs::write(folder.path().join("restate.toml"), config).expect("the folder is ours");
        let mut server = Self {
            folder,
            program,
            ingress,
            admin,
            guard: None,
        };
        server.launch();
        Some(server)
    }

    /// Starts it anew on what it had.
    pub(crate) fn launch(&mut self) {
        let log = self.folder.path().join("log");
        let log = File::options().create(true).append(true).open(log);
        let log = log.expect("the folder is ours");
        // The shell has its own standard input: the server gets none.
        let script =
            r#""$1" --no-logo --config-file "$2" </dev/null & read -r _; kill -9 $!; wait $!"#;
        let guard = Command::new("sh")
            .args(["-c", script, "sh"])
            .arg(&self.program)
            .arg(self.folder.path().join("restate.toml"))
            .stdin(Stdio::piped())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .spawn();
        self.guard = Some(guard.expect("there is a shell"));
        let begun = Instant::now();
        while !self.is_up() {
            assert!(
                begun.elapsed() < PATIENCE,
                "it does not start: {}",
                self.log()
            );
            sleep(Duration::from_millis(20));
        }
    }

    fn is_up(&self) -> bool {
        let admin = http(self.admin, "GET", "/health", "");
        let ingress = http(self.ingress, "GET", "/restate/health", "");
        matches!((admin, ingress), (Ok((200, _)), Ok((200, _))))
    }

    /// Ends it at once.
    pub(crate) fn kill(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            drop(guard.stdin.take());
            guard.wait().expect("it has ended");
        }
    }

    pub(crate) fn log(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join("log"));
        log.unwrap_or_default()
    }

    /// Has the server know a service, in place of what it knew under this address.
    pub(crate) fn register(&self, service: u16) {
        let body = format!(r#"{{"uri":"http://127.0.0.1:{service}","force":true}}"#);
        let begun = Instant::now();
        loop {
            let said = http(self.admin, "POST", "/deployments", &body);
            match said {
                Ok((200..300, _)) => return,
                said => assert!(begun.elapsed() < PATIENCE, "{said:?}"),
            }
            sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ingress)
    }

    /// What a query over the server's own tables gives: JSON.
    pub(crate) fn query(&self, sql: &str) -> String {
        let body = format!(r#"{{"query":"{sql}"}}"#);
        let (status, said) = http(self.admin, "POST", "/query", &body).expect("it is up");
        assert_eq!(status, 200, "{said}");
        said
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// One request.
pub(crate) fn http(port: u16, method: &str, path: &str, body: &str) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Accept: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut said = String::new();
    stream.read_to_string(&mut said)?;
    let status = said
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| io::Error::other("no answer"))?;
    let (head, body) = said.split_once("\r\n\r\n").unwrap_or_default();
    if head
        .to_ascii_lowercase()
        .contains("transfer-encoding: chunked")
    {
        return Ok((status, chunks(body)));
    }
    Ok((status, body.to_owned()))
}

/// A body that comes in chunks, as a whole.
fn chunks(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((length, rest)) = body.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap_or_default();
        let (Some(chunk), true) = (rest.get(..length), length > 0) else {
            break;
        };
        whole.push_str(chunk);
        body = rest.get(length + 2..).unwrap_or_default();
    }
    whole
}
