//! One operation under one fault, and whether all that came of it is right.

use std::sync::Arc;
use std::time::Duration;

use cerebras_management::{Error, ErrorKind, Pending, Sent};
use cerebras_management_simulator::{Entry, Fault, Operation as Route};

use super::operations::{Kind, Operation};
use super::rig::Rig;
use super::rules;
use crate::faults::{Named, Way};
use crate::leaks;
use crate::told::{Told, found};
use crate::world::{Truth, is_write, lines, was_carried_out};

/// Which requests for a route a fault hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Position {
    First,
    Second,
    FirstTwo,
    Every,
}

impl Position {
    pub(super) const ALL: [Self; 4] = [Self::First, Self::Second, Self::FirstTwo, Self::Every];

    fn of(self, fault: Fault) -> Fault {
        match self {
            Self::First => fault.nth(1),
            Self::Second => fault.nth(2),
            Self::FirstTwo => fault.times(2),
            Self::Every => fault,
        }
    }
}

pub(super) struct Cell {
    operation: Operation,
    route: Route,
    fault: Named,
    position: Position,
    /// The world that the operation leaves when nothing goes wrong.
    after: Arc<Truth>,
}

/// What has come of a cell.
pub(super) struct Ending {
    pub(super) operation: &'static str,
    pub(super) route: Option<Route>,
    pub(super) fault: &'static str,
    pub(super) position: Position,
    pub(super) letter: char,
    pub(super) wrong: Vec<String>,
}

/// A rig for an operation; the waits of one that will not end are short.
pub(super) async fn rig(operation: Operation, impatient: bool, endless: bool) -> Arc<Rig> {
    let deadline = Duration::from_millis(if endless { 300 } else { 20_000 });
    Arc::new(Rig::start(operation.clock, impatient, deadline).await)
}

impl Cell {
    pub(super) fn new(
        operation: Operation,
        route: Route,
        fault: Named,
        position: Position,
        after: Arc<Truth>,
    ) -> Self {
        Self {
            operation,
            route,
            fault,
            position,
            after,
        }
    }

    pub(super) async fn run(self) -> Ending {
        let Self {
            operation,
            fault,
            position,
            ..
        } = &self;
        let endless = *position == Position::Every && fault.way != Way::Harmless;
        let rig = rig(*operation, fault.slow, endless).await;
        let running = (operation.prepare)(Arc::clone(&rig)).await;
        rig.simulator.clear_journal();
        let before = rig.truth();
        let injected = Fault::on(self.route, fault.action.clone());
        rig.simulator.inject(position.of(injected));
        let result = running.await;
        let was_hit = rig.simulator.journal().iter().any(|e| e.fault.is_some());
        let mut judge = Judge::new(*operation, &rig, before, &self.after);
        let mut letter = judge.result(result).await;
        if let (Some(error), Some(why)) = (&judge.error, self.must_succeed()) {
            judge.wrong.push(format!("{why}, and it is {error}"));
        }
        if let Some(error) = judge.error.take() {
            judge.kind(&error, fault.kinds);
            if judge.before.named("production").is_some() && operation.kind == Kind::Moves {
                let put_back = self.route == Route::UpdateModelVersionAliases
                    && *position == Position::Second
                    && fault.name != "refuse";
                let lost = rules::alias_left(&rig, &error, put_back).await;
                judge.wrong.extend(lost);
            }
        }
        if !was_hit {
            letter = '·';
        }
        let place = format!(
            "{} / {} / {} / {position:?}",
            operation.name, self.route, fault.name
        );
        Ending {
            operation: operation.name,
            route: Some(self.route),
            fault: fault.name,
            position: *position,
            letter,
            wrong: judge.report(&place),
        }
    }

    /// Why the operation must succeed under its fault, if it must.
    fn must_succeed(&self) -> Option<&'static str> {
        let Self {
            operation,
            fault,
            position,
            ..
        } = self;
        let read = !matches!(
            self.route,
            Route::UploadModelVersion
                | Route::UpdateModelVersionAliases
                | Route::DeleteModelVersion
                | Route::DeployModel
        );
        // Four attempts outlast two faults, but for a service that is away for a while.
        let outlasted = *position != Position::Every && fault.name != "refuse";
        let refused = fault.kinds == [ErrorKind::RateLimited];
        let handled = matches!(
            fault.name,
            "lose" | "cut" | "late" | "slow" | "done-504" | "done-502"
        );
        match (fault.way, operation.kind) {
            (Way::Harmless, _) => Some("the fault harms nobody"),
            (Way::Passing, _) if !outlasted || fault.name == "limit" => None,
            (Way::Passing, Kind::Reads | Kind::Repeats | Kind::Waits) => {
                Some("the fault passes, and what it hits can be repeated")
            }
            (Way::Passing, _) if read => Some("the fault passes, and hits a read"),
            (Way::Passing, Kind::Once) if refused => Some("what was not handled can be repeated"),
            // Where nothing was read before, what is there may be older.
            (Way::Passing, Kind::Once) if handled && !operation.name.contains("unchecked") => {
                Some("what was handled can be found")
            }
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Away {
    ForAWhile,
    ForGood,
}

/// Runs an operation when no connection can be had.
pub(super) async fn run_away(operation: Operation, away: Away, after: &Truth) -> Ending {
    let rig = rig(operation, false, true).await;
    let running = (operation.prepare)(Arc::clone(&rig)).await;
    rig.simulator.clear_journal();
    let before = rig.truth();
    rig.simulator.refuse_connections().await;
    let opens = Arc::clone(&rig);
    let opening = tokio::spawn(async move {
        if away == Away::ForAWhile {
            tokio::time::sleep(Duration::from_millis(2)).await;
            opens.simulator.accept_connections().await;
        }
    });
    let result = running.await;
    opening.await.unwrap();
    let mut judge = Judge::new(operation, &rig, before, after);
    let letter = judge.result(result).await;
    if let Some(error) = judge.error.take() {
        judge.kind(&error, &[ErrorKind::Transport]);
        let sent = error.was_sent();
        if away == Away::ForGood && sent != Sent::No {
            judge
                .wrong
                .push(format!("{sent:?} without a connection: {error}"));
        }
    } else if away == Away::ForGood {
        judge
            .wrong
            .push("it succeeds without a connection".to_owned());
    }
    Ending {
        operation: operation.name,
        route: None,
        fault: "away",
        position: Position::Every,
        letter,
        wrong: judge.report(&format!("{} / away {away:?}", operation.name)),
    }
}

/// Compares what was said with what is the case.
struct Judge<'a> {
    operation: Operation,
    rig: &'a Rig,
    before: Truth,
    after: &'a Truth,
    journal: Vec<Entry>,
    error: Option<Error>,
    wrong: Vec<String>,
}

impl<'a> Judge<'a> {
    fn new(operation: Operation, rig: &'a Rig, before: Truth, after: &'a Truth) -> Self {
        let journal = rig.simulator.journal();
        leaks::watch().text("a journal", &format!("{journal:?}"));
        Self {
            operation,
            rig,
            before,
            after,
            journal,
            error: None,
            wrong: Vec::new(),
        }
    }

    fn wrong(&mut self, what: impl Into<String>) {
        self.wrong.push(what.into());
    }

    async fn result(&mut self, result: cerebras_management::Result<Told>) -> char {
        let carried_out = self.journal.iter().filter(|e| was_carried_out(e)).count();
        if carried_out > self.operation.kind.most() {
            self.wrong(format!("{carried_out} writes were carried out"));
        }
        if self.operation.kind == Kind::Once {
            self.wrong.extend(rules::sent_blindly(&self.journal));
        }
        let now = self.rig.truth();
        let error = match result {
            Ok(told) => {
                match (told.world)(self.before.clone()) {
                    Ok(expected) if expected == now => {}
                    Err(_) if self.believes_a_404() => return '4',
                    Ok(expected) => {
                        let what =
                            format!("the world is not as was told: {now:?}\nbut {expected:?}");
                        self.wrong(what);
                    }
                    Err(lie) => self.wrong(lie),
                }
                return told.letter;
            }
            Err(error) => error,
        };
        leaks::watch().error(&error);
        self.sent(&error);
        let letter = if error.may_have_happened() {
            if carried_out == 0 && now != self.before {
                self.wrong("the world has changed without a write");
            }
            self.settle(&error, &now).await
        } else {
            // A move that fails puts the alias back.
            let undone = self.operation.kind == Kind::Moves;
            if now != self.before || (carried_out > 0 && !undone) {
                self.wrong(format!(
                    "it is said that nothing can have happened: {error}"
                ));
            }
            if error.kind() == ErrorKind::Deadline {
                't'
            } else {
                'e'
            }
        };
        self.error = Some(error);
        letter
    }

    /// That an alias names no version is the service's own word, and what it says by a 404 that
    /// is none.
    fn believes_a_404(&self) -> bool {
        let told = self.journal.iter().any(|entry| entry.status == Some(404));
        let settles = self.operation.name.starts_with("settle");
        told && (settles || self.operation.name == "plan of a move")
    }

    /// What an error says of its requests is what the service saw.
    fn sent(&mut self, error: &Error) {
        let writes = self.journal.iter().filter(|entry| is_write(entry));
        let named = |entry: &&Entry| {
            let route = entry.operation.map(Route::as_str);
            route == error.operation()
        };
        let reached = writes.filter(named).count();
        match error.was_sent() {
            Sent::No if reached > 0 => self.wrong(format!("it was sent: {error}")),
            Sent::Yes if self.journal.is_empty() => {
                self.wrong(format!("nothing reached the service: {error}"));
            }
            _ => {}
        }
        if error.may_have_happened() && error.was_sent() == Sent::No {
            self.wrong(format!("it was not sent, and may have happened: {error}"));
        }
    }

    /// What is in doubt settles to what has happened, once nothing goes wrong any more.
    async fn settle(&mut self, error: &Error, now: &Truth) -> char {
        self.rig.simulator.clear_faults();
        self.rig.simulator.accept_connections().await;
        let made: Vec<String> = {
            let versions = now.new_versions(&self.before).into_iter();
            let deployments = now.new_deployments(&self.before).into_iter();
            let versions = versions.map(|version| version.id.to_string());
            versions.chain(deployments.map(|d| d.id.clone())).collect()
        };
        let posts = matches!(
            error.operation(),
            Some("upload_model_version" | "deploy_model")
        );
        let Some(pending) = error.pending() else {
            if posts {
                self.wrong(format!(
                    "it is in doubt, and nothing to settle it with: {error}"
                ));
            }
            // Whether an alias that is on no version is found again is asked in `alias_left`.
            let moves = self.operation.kind == Kind::Moves;
            return match rules::outcome(&self.before, self.after, now, moves) {
                Ok(letter) => letter,
                Err(neither) => {
                    self.wrong(format!("{neither}: {error}"));
                    'X'
                }
            };
        };
        let written: Pending = pending.to_string().parse().unwrap();
        assert_eq!(written, *pending);
        let settled = self.rig.client.settle(&written).await;
        let seen = match &settled {
            Ok(settled) => settled.as_ref().map(found),
            Err(unclear) => {
                leaks::watch().error(unclear);
                // Where nothing was read before, what is there may be older; that is said.
                let unread = self.operation.name.contains("unchecked");
                if !unread || unclear.kind() != ErrorKind::Ambiguous {
                    self.wrong(format!("it cannot be settled: {unclear}"));
                }
                return 'q';
            }
        };
        if made != seen.clone().into_iter().collect::<Vec<_>>() {
            self.wrong(format!(
                "it settles to {seen:?}, and there is {made:?}: {error}"
            ));
        }
        if seen.is_some() { 's' } else { 'n' }
    }

    /// The kind is one that the fault can cause.
    fn kind(&mut self, error: &Error, kinds: &[ErrorKind]) {
        let kind = error.kind();
        // An alias that is said to name nothing, and cannot be given, is somebody else's.
        let untold = self.journal.iter().any(|entry| entry.status == Some(404));
        let rival = kind == ErrorKind::Conflict && untold;
        let doubt = kind == ErrorKind::Ambiguous && error.may_have_happened();
        let waited = kind == ErrorKind::Deadline && self.operation.kind == Kind::Waits;
        if !kinds.contains(&kind) && !doubt && !waited && !rival {
            self.wrong(format!("it is {kind:?}: {error}"));
        }
    }

    fn report(self, place: &str) -> Vec<String> {
        let journal = lines(&self.journal);
        let line = |what| format!("  {place}: {what}\n{journal}");
        self.wrong.into_iter().map(line).collect()
    }
}
