//! The gateway's process: the built binary, looked at from outside.

use std::fmt;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::time::{Instant, sleep};

/// The client's token.
pub(crate) const TOKEN: &str = "soak";
/// Longer than the gateway keeps an idle connection to a vendor.
const IDLE: Duration = Duration::from_secs(45);

/// A running gateway. Its log is written, and read here.
pub(crate) struct Gateway {
    process: Child,
    log: Option<JoinHandle<Log>>,
    directory: tempfile::TempDir,
}

/// What the log said.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// Lines of level ERROR, at most a few.
    pub(crate) errors: Vec<String>,
    /// The last line.
    pub(crate) last: String,
}

/// What the process holds at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Resident memory.
    pub(crate) kibibytes: usize,
    /// Open files and sockets.
    pub(crate) files: usize,
}

impl Gateway {
    pub(crate) async fn start(targets: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let (config, socket) = (directory.path().join("scimux.toml"), directory.path().join("scim.sock"));
        let toml = format!(
            "[server]\nlisten = \"unix:{}\"\npublic_url = \"https://scim.example.com\"\n[clients.soak]\n\
             tokens = [\"{TOKEN}\"]\n{targets}",
            socket.display()
        );
        std::fs::write(&config, toml).expect("the configuration is written");
        let process = Command::new(env!("CARGO_BIN_EXE_scimux"))
            .args(["serve", "--config"])
            .arg(&config)
            .env_remove("HTTPS_PROXY")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut process = process.expect("the built binary starts");
        let lines = BufReader::new(process.stderr.take().expect("it is piped")).lines();
        let log = Some(std::thread::spawn(move || lines.map_while(Result::ok).fold(Log::default(), Log::with)));
        while UnixStream::connect(&socket).await.is_err() {
            assert!(process.try_wait().expect("it can be asked").is_none(), "the gateway ended");
            sleep(Duration::from_millis(5)).await;
        }
        // What it asks of its own accord at the start is over.
        sleep(Duration::from_secs(1)).await;
        Self { process, log, directory }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.path().join("scim.sock")
    }

    pub(crate) fn sample(&self) -> Sample {
        let process = PathBuf::from(format!("/proc/{}", self.process.id()));
        Sample { kibibytes: resident(&process), files: files(&process) }
    }

    /// How many files are open when clients have gone: once they are as few as `wanted`, or after a while.
    pub(crate) async fn files_when_idle(&self, wanted: usize) -> usize {
        let begun = Instant::now();
        while self.sample().files > wanted && begun.elapsed() < IDLE {
            sleep(Duration::from_millis(200)).await;
        }
        self.sample().files
    }

    /// Asks it to end, and returns what it said.
    pub(crate) async fn stop(mut self) -> Log {
        let status = Command::new("kill").arg(self.process.id().to_string()).status().expect("kill runs");
        assert!(status.success());
        let log = self.log.take().expect("it is read once");
        tokio::task::spawn_blocking(move || log.join().expect("no panic")).await.expect("no panic")
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Log {
    fn with(mut self, line: String) -> Self {
        if line.contains(r#""level":"ERROR""#) && self.errors.len() < 5 {
            self.errors.push(line.clone());
        }
        self.last = line;
        self
    }
}

fn resident(process: &Path) -> usize {
    let status = std::fs::read_to_string(process.join("status")).expect("it runs, on Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.trim().trim_end_matches(" kB").parse().expect("a number of kB")
}

fn files(process: &Path) -> usize {
    std::fs::read_dir(process.join("fd")).expect("it runs, on Linux").count()
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} MiB, {} files", self.kibibytes as f64 / 1024.0, self.files)
    }
}
