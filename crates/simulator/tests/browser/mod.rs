//! Headless Chromium, driven over the `WebDriver` protocol: as much of it as the page needs.

use std::env;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::{Value, json};

/// How long a person would wait before calling it broken. Only what fails takes so long.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Browser {
    client: Client,
    driver: Driver,
}

/// The driver's process. It ends with this, and so does the browser, be it in a panic.
struct Driver {
    process: Child,
    port: u16,
    session: Option<String>,
}

impl Browser {
    /// None, with a note, when there is no chromedriver; unless the environment requires one.
    pub(crate) async fn open(url: &str) -> Option<Self> {
        let mut browser = Self {
            client: Client::new(),
            driver: Driver::start()?,
        };
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ];
        // The driver gives it a new profile, and removes that in the end.
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let session = browser.post("session", &wanted).await;
        browser.driver.session = session["sessionId"].as_str().map(str::to_owned);
        browser.command("url", &json!({ "url": url })).await;
        Some(browser)
    }

    /// What JavaScript returns.
    pub(crate) async fn run(&self, script: &str, arguments: &[&str]) -> Value {
        let call = json!({ "script": script, "args": arguments });
        self.command("execute/sync", &call).await
    }

    /// The text that shows in what a selector finds, with single spaces; none when nothing does.
    pub(crate) async fn text(&self, selector: &str) -> Option<String> {
        let script = "return document.querySelector(arguments[0])?.innerText";
        let text = self.run(script, &[selector]).await;
        let words: Vec<_> = text.as_str()?.split_whitespace().collect();
        Some(words.join(" "))
    }

    /// Waits until a text shows in what a selector finds.
    #[track_caller]
    pub(crate) fn sees(&self, selector: &str, text: &str) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        let start = Instant::now();
        async move {
            loop {
                let shown = self.text(selector).await;
                if shown.as_ref().is_some_and(|shown| shown.contains(text)) {
                    return;
                }
                assert!(
                    start.elapsed() < PATIENCE,
                    "{caller}: {text:?} does not show in {selector:?}, but {shown:?}"
                );
            }
        }
    }

    /// Gives the page the width of a phone.
    pub(crate) async fn narrow(&self) {
        let screen = json!({ "width": 360, "height": 640, "deviceScaleFactor": 1, "mobile": true });
        let command = json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": screen });
        self.command("goog/cdp/execute", &command).await;
    }

    /// What the browser complained of since the last call.
    pub(crate) async fn complaints(&self) -> Vec<Value> {
        let log = self.command("se/log", &json!({ "type": "browser" })).await;
        log.as_array().expect("a log").clone()
    }

    async fn command(&self, name: &str, body: &Value) -> Value {
        let session = self.driver.session.as_deref().expect("a session");
        self.post(&format!("session/{session}/{name}"), body).await
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("http://127.0.0.1:{}/{path}", self.driver.port);
        let request = self.client.post(url).json(body);
        let response = request.send().await.expect("an answer of chromedriver");
        let status = response.status();
        let mut answer: Value = response.json().await.expect("JSON of chromedriver");
        assert!(status.is_success(), "{path}: {answer}");
        answer["value"].take()
    }
}

impl Driver {
    fn start() -> Option<Self> {
        let mut command = Command::new("chromedriver");
        let process = match command.arg("--port=0").stdout(Stdio::piped()).spawn() {
            Ok(process) => process,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let required = env::var_os("CBM_REQUIRE_CHROMIUM").is_some();
                assert!(!required, "chromedriver is required, and not there");
                // Not `eprintln!`, which is kept back when a test passes.
                let note = "NOT TESTED: there is no chromedriver (Debian: chromium-driver)";
                let _ = writeln!(io::stderr(), "{note}");
                return None;
            }
            Err(error) => panic!("chromedriver does not start: {error}"),
        };
        let mut driver = Self {
            process,
            port: 0,
            session: None,
        };
        let out = driver.process.stdout.take().expect("a pipe");
        let mut lines = BufReader::new(out).lines().map_while(Result::ok);
        let port = lines.find_map(|line| {
            let (_, port) = line.split_once("successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        });
        driver.port = port.expect("chromedriver says where it listens");
        Some(driver)
    }

    /// Without this, the browser would outlive its driver.
    fn end_session(&self) -> Option<()> {
        let session = self.session.as_deref()?;
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        let head = format!("DELETE /session/{session} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        stream.write_all(head.as_bytes()).ok()?;
        // The answer comes when the browser has ended.
        stream.read_exact(&mut [0]).ok()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.end_session();
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
