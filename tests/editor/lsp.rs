//! As much of a language client as the test needs: JSON-RPC over the standard streams of
//! rust-analyzer, one open file.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use std::{fs, thread};

/// Loading a project builds its macros first.
const PATIENCE: Duration = Duration::from_secs(240);
const PAUSE: Duration = Duration::from_millis(250);

pub(crate) struct Server {
    process: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    file: PathBuf,
    text: String,
    version: u64,
    requests: u64,
}

impl Server {
    /// rust-analyzer on `project`; `None` if it does not run.
    pub(crate) fn start(project: &Path) -> Option<Self> {
        let version = Command::new("rust-analyzer").arg("--version").output();
        if !version.is_ok_and(|output| output.status.success()) {
            return None;
        }
        let mut process = Command::new("rust-analyzer")
            .current_dir(project)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it has just run");
        let input = process.stdin.take().expect("a pipe");
        let mut output = BufReader::new(process.stdout.take().expect("a pipe"));
        let (sender, messages) = channel();
        thread::spawn(move || {
            while let Some(message) = receive(&mut output) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let file = project.join("src/lib.rs");
        let text = fs::read_to_string(&file).expect("the project's source");
        let mut server = Self {
            process,
            input,
            messages,
            file,
            text,
            version: 1,
            requests: 0,
        };
        server.open(project);
        Some(server)
    }

    fn open(&mut self, project: &Path) {
        let target = project.with_file_name("editor-target");
        let options = json!({
            "checkOnSave": false,
            "cachePriming": { "enable": false },
            "cargo": { "targetDir": target },
        });
        let capabilities = json!({
            "textDocument": { "diagnostic": {}, "definition": { "linkSupport": true } },
        });
        let parameters = json!({
            "processId": null,
            "rootUri": uri(project),
            "capabilities": capabilities,
            "initializationOptions": options,
        });
        self.request("initialize", &parameters);
        self.notify("initialized", &json!({}));
        let document = json!({ "uri": uri(&self.file), "languageId": "rust", "version": 1, "text": self.text });
        self.notify("textDocument/didOpen", &json!({ "textDocument": document }));
    }

    /// Replaces the text of the open file.
    pub(crate) fn write(&mut self, text: &str) {
        text.clone_into(&mut self.text);
        self.version += 1;
        let document = json!({ "uri": uri(&self.file), "version": self.version });
        let changes = json!([{ "text": text }]);
        self.notify(
            "textDocument/didChange",
            &json!({ "textDocument": document, "contentChanges": changes }),
        );
    }

    /// Asks at the end of `place` until the answer is right: rust-analyzer answers while it still
    /// loads, too.
    #[track_caller]
    pub(crate) fn expect(
        &mut self,
        what: &str,
        method: &str,
        place: &str,
        right: impl Fn(&Value) -> bool,
    ) {
        let parameters = self.at(place);
        self.until(what, method, &parameters, right);
    }

    /// The end of `place`.
    fn at(&self, place: &str) -> Value {
        json!({ "textDocument": { "uri": uri(&self.file) }, "position": self.position(place) })
    }

    /// Renames what is at the end of `place` until each place of the old name has the new one.
    #[track_caller]
    pub(crate) fn expect_rename(&mut self, what: &str, place: &str, name: &str, places: usize) {
        let mut parameters = self.at(place);
        parameters["newName"] = name.into();
        self.until(what, "textDocument/rename", &parameters, |edit| {
            let files = edit["documentChanges"].as_array().into_iter().flatten();
            let edits = files.filter_map(|file| file["edits"].as_array()).flatten();
            edits.filter(|edit| edit["newText"] == name).count() == places
        });
    }

    /// Asks for the errors that it finds by itself until they are right.
    #[track_caller]
    pub(crate) fn expect_diagnostics(&mut self, what: &str, right: impl Fn(&[String]) -> bool) {
        let parameters = json!({ "textDocument": { "uri": uri(&self.file) } });
        self.until(what, "textDocument/diagnostic", &parameters, |report| {
            let Some(items) = report["items"].as_array() else {
                return false;
            };
            let texts = items.iter().filter_map(|item| item["message"].as_str());
            right(&texts.map(str::to_owned).collect::<Vec<_>>())
        });
    }

    #[track_caller]
    fn until(
        &mut self,
        what: &str,
        method: &str,
        parameters: &Value,
        right: impl Fn(&Value) -> bool,
    ) {
        let end = Instant::now() + PATIENCE;
        loop {
            let answer = self.request(method, parameters);
            if right(&answer) {
                return;
            }
            let answer = answer.to_string();
            assert!(Instant::now() < end, "{what}: {answer:.2000}");
            thread::sleep(PAUSE);
        }
    }

    fn position(&self, place: &str) -> Value {
        let end = self.text.find(place).expect("the place is in the text") + place.len();
        let before = &self.text[..end];
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        json!({ "line": before.matches('\n').count(), "character": before[start..].chars().count() })
    }

    /// The result, or null for an error: then the text has changed, or the project is still being
    /// loaded.
    fn request(&mut self, method: &str, parameters: &Value) -> Value {
        self.requests += 1;
        let id = self.requests;
        self.send(&json!({ "id": id, "method": method, "params": parameters }));
        loop {
            let message = self
                .messages
                .recv_timeout(PATIENCE)
                .expect("rust-analyzer answers");
            if message["method"].is_string() {
                if message["id"] != Value::Null {
                    self.send(&json!({ "id": message["id"], "result": null }));
                }
            } else if message["id"] == id {
                return message["result"].clone();
            }
        }
    }

    fn notify(&mut self, method: &str, parameters: &Value) {
        self.send(&json!({ "method": method, "params": parameters }));
    }

    fn send(&mut self, message: &Value) {
        let mut message = message.clone();
        message["jsonrpc"] = "2.0".into();
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len())
            .and_then(|()| self.input.flush())
            .expect("rust-analyzer reads");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already, by a failure that is being reported.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn receive(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        output
            .read_line(&mut line)
            .ok()
            .filter(|&count| count > 0)?;
        match line.trim_end() {
            "" => break,
            line => {
                if let Some(count) = line.strip_prefix("Content-Length: ") {
                    length = count.parse().ok()?;
                }
            }
        }
    }
    let mut content = vec![0; length];
    output.read_exact(&mut content).ok()?;
    serde_json::from_slice(&content).ok()
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.display().to_string().replace(' ', "%20"))
}
