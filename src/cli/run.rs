//! What a run comes to, whatever its frames come from: sessions are judged, counted and reported.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::bundle::Bundle;
use super::outputs::{Outputs, Reader};
use super::{Common, complain, policy, redact, status};
use crate::capture::filter::Filter;
use crate::capture::{Frame, Source};
use crate::engine::Engine;
use crate::error::Error;
use crate::model::{Input, Report, Session, Summary};
use crate::redact::Pseudonyms;
use crate::rules::{self, Cohort, Settings};

/// One run over all its inputs.
pub struct Run<'a> {
    common: &'a Common,
    /// What makes pseudonyms of names, where that is asked for.
    pseudonyms: Option<Pseudonyms>,
    settings: Settings,
    outputs: Outputs,
    bundle: Option<Bundle>,
    report: Report,
    cohort: Cohort,
    reader: Reader,
    /// What the sessions of this input say about the capture point, and how many say it.
    points: BTreeMap<String, u64>,
}

impl<'a> Run<'a> {
    /// Opens the outputs. `running`: text is printed session by session. `captures` are for outputs
    /// that read them again.
    pub fn open(common: &'a Common, running: bool, captures: &[PathBuf]) -> Result<Self, Error> {
        let policy = common.policy.as_deref().map(policy::load).transpose()?;
        let mut pseudonyms = redact::pseudonyms(common)?;
        // Sessions are redacted before they are judged, so what they are held against is, too.
        let mut names = |names: &[String]| match &mut pseudonyms {
            Some(pseudonyms) => names.iter().map(|name| pseudonyms.name(name)).collect(),
            None => names.to_vec(),
        };
        let settings = Settings {
            policy,
            expect_names: names(&common.expect_names),
            connector_patterns: names(&common.connector_patterns),
        };
        let policy = settings.policy.as_ref();
        let summary = Summary {
            policy: policy.map(|policy| policy.info.clone()),
            redaction: pseudonyms.as_ref().map(Pseudonyms::summary),
            ..Summary::default()
        };
        let report = Report {
            summary,
            ..Report::default()
        };
        let bundle = Bundle::open(common, pseudonyms.as_mut())?;
        let bundled = bundle.as_ref();
        let outputs = Outputs::open(common, running, captures, pseudonyms.as_ref(), bundled)?;
        Ok(Self {
            common,
            pseudonyms,
            cohort: Cohort::new(&settings),
            settings,
            outputs,
            bundle,
            report,
            reader: Reader::There,
            points: BTreeMap::new(),
        })
    }

    /// Whether somebody still wants the report and can get it.
    pub fn goes_on(&self) -> bool {
        self.reader == Reader::There
    }

    /// Takes the next frame of an input.
    pub fn frame(
        &mut self,
        frame: &Frame<'_>,
        engine: &mut Engine,
        filter: Option<&mut Filter>,
        input: &mut Input,
    ) -> Result<(), Error> {
        input.frames += 1;
        let accepted = match filter {
            Some(filter) => filter.matches(frame)?,
            None => true,
        };
        if accepted {
            engine.push(frame, &mut |session| self.session(session));
        } else {
            engine.pass_over();
        }
        Ok(())
    }

    /// Judges and reports a session.
    pub fn session(&mut self, mut session: Session) {
        if let Some(pseudonyms) = &mut self.pseudonyms {
            pseudonyms.session(&mut session);
        }
        rules::judge(&mut session, &self.settings);
        self.report.summary.add(&session);
        self.cohort.add(&session);
        if let Some(least) = self.common.min_severity {
            let found = session.findings.len();
            session
                .findings
                .retain(|it| least.is_reached_by(it.severity));
            self.report.summary.hidden_findings += (found - session.findings.len()) as u64;
        }
        if let Some(point) = &session.capture.point {
            *self.points.entry(point.clone()).or_default() += 1;
        }
        if self.goes_on() {
            self.reader = self.outputs.session(&session);
        }
    }

    /// An input is read; `stopped` is what ended it early, `source` is there if it could be opened.
    pub fn close(
        &mut self,
        mut engine: Engine,
        mut input: Input,
        source: Option<&dyn Source>,
        stopped: Option<&Error>,
    ) {
        if let Some(source) = source {
            input.format = source.format().to_owned();
            for interface in source.interfaces() {
                let link_type = interface.link_type.to_string();
                if !input.link_types.contains(&link_type) {
                    input.link_types.push(link_type);
                }
            }
        }
        if let Some(until) = source.and_then(Source::listened_until) {
            engine.listened_until(until, &mut |session| self.session(session));
        }
        input.complete = stopped.is_none();
        input.error = stopped.map(ToString::to_string);
        engine.finish(&mut |session| self.session(session));
        input.skipped = engine.skipped();
        self.report.summary.limits_hit.extend(engine.limits_hit());
        let points = std::mem::take(&mut self.points).into_iter();
        input.capture_point = points
            .max_by_key(|&(_, sessions)| sessions)
            .map(|(point, _)| point);
        if let Some(pseudonyms) = &mut self.pseudonyms {
            pseudonyms.input(&mut input);
        }
        self.report.inputs.push(input);
    }

    /// Ends the reports. Gives the exit status; `worst` is that of the inputs.
    pub fn finish(mut self, worst: u8) -> u8 {
        let (findings, inventory) = self.cohort.finish();
        self.report.findings = findings;
        self.report.inventory = self.common.wants_inventory().then_some(inventory);
        for finding in &self.report.findings {
            self.report.summary.add_across(finding);
        }
        self.report
            .summary
            .limits_hit
            .extend(self.cohort.limit_hit());
        if !self.outputs.finish(&self.report) {
            return status::UNREADABLE;
        }
        if let Some(Err(error)) = self.bundle.map(Bundle::finish) {
            complain(&error);
            return status::UNREADABLE;
        }
        if self.reader == Reader::Gone {
            return status::DONE;
        }
        let fail_on = self.common.fail_on.zip(self.report.summary.worst());
        let found = fail_on.is_some_and(|(threshold, worst)| threshold.is_reached_by(worst));
        match worst {
            status::UNREADABLE => worst,
            _ if found => status::FOUND,
            _ => worst,
        }
    }
}
