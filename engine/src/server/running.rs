//! Running a statement and sending what it gives. The rows of a query are sent while it runs: it waits
//! when the client does not read, and a client that goes away stops it.

use blueshift_sql::{ParsedStatement, ast::Statement};
use datafusion::arrow::record_batch::RecordBatch;
use tokio::sync::mpsc;

use super::{
    config::SEND_BYTES,
    connection::{Connection, End, Failure},
    extended::ends_transaction,
    message::MessageWriter,
    rows::{self, RowFormat, Rows},
    value::TextStyle,
};
use crate::session::{CancelHandle, ResultColumn, RowEvent, RowSink, Spool, StatementResult};

impl Connection {
    /// Runs a statement and sends its rows and tag. The columns are told before the rows when
    /// `described`.
    pub(super) async fn run_and_send(
        &mut self,
        parsed: &ParsedStatement,
        formats: &[u16],
        described: bool,
    ) -> Result<(), Failure> {
        let mut sending = Sending::new(self.protocol, formats, described, None);
        let result = self.run_into(parsed, &mut sending).await?;
        let columns = if described { result.columns().to_vec() } else { vec![] };
        let (rows, tag) = rows::into_rows(result, formats)?;
        if let Some(mut rows) = rows {
            if described {
                rows::put_description(&mut self.writer, &columns, formats, self.protocol.unwrap_or(0))?;
            }
            self.send_rows(&mut rows, None).await?;
        }
        Ok(self.complete(&tag)?)
    }

    /// Runs a statement and keeps its rows; without rows there is only a tag.
    pub(super) async fn run_and_keep(
        &mut self,
        parsed: &ParsedStatement,
        formats: &[u16],
    ) -> Result<(Option<Rows>, String), Failure> {
        let spool = Spool::new(self.session.disk_manager());
        let mut sending = Sending::new(self.protocol, formats, false, Some(spool));
        let result = self.run_into(parsed, &mut sending).await?;
        match (sending.format, sending.kept) {
            (Some(format), Some(kept)) => {
                let tag = result.tag().to_owned();
                Ok((Some(Rows::new(kept, format, tag.clone())), tag))
            }
            _ => Ok(rows::into_rows(result, formats)?),
        }
    }

    /// Runs a statement whose rows go where `sending` says. A client that goes away meanwhile stops it.
    async fn run_into(
        &mut self,
        parsed: &ParsedStatement,
        sending: &mut Sending<'_>,
    ) -> Result<StatementResult, Failure> {
        if let Statement::Deallocate(deallocate) = &parsed.statement
            && self.forget(deallocate.name.as_ref().map(|name| name.value.as_str()))?
        {
            return Ok(StatementResult::done("DEALLOCATE"));
        }
        let (sink, mut events) = RowSink::channel();
        let Connection { session, reader, writer, .. } = self;
        let cancel = session.cancel_handle();
        let outcome = {
            let running = session.run_statement_into(parsed, sink);
            tokio::pin!(running);
            let stopped = loop {
                tokio::select! {
                    biased;
                    Some(event) = events.recv() => {
                        if let Err(failure) = sending.take(event, writer, &cancel).await {
                            break Err(failure);
                        }
                    }
                    outcome = &mut running => break Ok(outcome),
                    () = reader.closed() => break Err(Failure::End(End::Gone)),
                }
            };
            match stopped {
                Ok(outcome) => {
                    while let Ok(event) = events.try_recv() {
                        sending.take(event, writer, &cancel).await?;
                    }
                    outcome
                }
                Err(failure) => {
                    // The statement ends in an orderly way; nobody waits for its result.
                    events.close();
                    drain(&mut events);
                    if matches!(failure, Failure::End(_)) {
                        cancel.terminate();
                    }
                    let _ = running.await;
                    return Err(failure);
                }
            }
        };
        self.after_statement(parsed, outcome)
    }

    /// DEALLOCATE is for statements of PREPARE and of Parse alike, as in PostgreSQL. Whether that was all:
    /// statements of PREPARE are the session's.
    fn forget(&mut self, name: Option<&str>) -> crate::Result<bool> {
        self.session.check_not_failed()?;
        let Some(name) = name else {
            self.prepared.clear();
            return Ok(false);
        };
        // The parser has folded the name; clients make names with capitals and quote them.
        let Some(known) = self.prepared.keys().find(|known| known.eq_ignore_ascii_case(name)).cloned() else {
            return Ok(false);
        };
        Ok(self.prepared.remove(&known).is_some())
    }

    /// What clients are told after a statement beside its result.
    fn after_statement(
        &mut self,
        parsed: &ParsedStatement,
        outcome: crate::Result<StatementResult>,
    ) -> Result<StatementResult, Failure> {
        self.tell_notices()?;
        if ends_transaction(&parsed.statement) {
            self.portals.clear();
        }
        let result = outcome?;
        self.tell_parameters()?;
        Ok(result)
    }

    /// Sends rows, all of them or as many as asked for. False when there are more.
    pub(super) async fn send_rows(&mut self, rows: &mut Rows, limit: Option<usize>) -> Result<bool, Failure> {
        let mut style = TextStyle::new(self.protocol);
        let mut sent = 0;
        while limit.is_none_or(|limit| sent < limit) {
            if !rows.send_next(&mut self.writer, &mut style)? {
                return Ok(true);
            }
            sent += 1;
            if self.writer.pending() >= SEND_BYTES {
                self.flush().await.map_err(Failure::End)?;
            }
        }
        Ok(rows.at_end()?)
    }
}

/// Gives back the rows that waited.
fn drain(events: &mut mpsc::Receiver<RowEvent>) {
    while events.try_recv().is_ok() {}
}

/// Rows on their way to the client.
struct Sending<'f> {
    formats: &'f [u16],
    described: bool,
    protocol: Option<u8>,
    style: TextStyle,
    /// None before the columns came.
    format: Option<RowFormat>,
    /// Rows are kept here and not sent.
    kept: Option<Spool>,
}

impl<'f> Sending<'f> {
    fn new(protocol: Option<u8>, formats: &'f [u16], described: bool, kept: Option<Spool>) -> Self {
        Sending { formats, described, protocol, style: TextStyle::new(protocol), format: None, kept }
    }

    async fn take(
        &mut self,
        event: RowEvent,
        writer: &mut MessageWriter,
        cancel: &CancelHandle,
    ) -> Result<(), Failure> {
        match event {
            RowEvent::Columns(columns) => self.columns(&columns, writer),
            RowEvent::Rows(batch) => match &mut self.kept {
                Some(kept) => Ok(kept.put(batch)?),
                None => self.rows(&batch, writer, cancel).await,
            },
        }
    }

    fn columns(&mut self, columns: &[ResultColumn], writer: &mut MessageWriter) -> Result<(), Failure> {
        self.format = Some(RowFormat::new(columns, self.formats)?);
        if self.described {
            rows::put_description(writer, columns, self.formats, self.protocol.unwrap_or(0))?;
        }
        Ok(())
    }

    async fn rows(
        &mut self,
        batch: &RecordBatch,
        writer: &mut MessageWriter,
        cancel: &CancelHandle,
    ) -> Result<(), Failure> {
        let Some(format) = &self.format else { return Ok(()) };
        for row in 0..batch.num_rows() {
            format.put(writer, batch, row, &mut self.style)?;
            if writer.pending() >= SEND_BYTES {
                tokio::select! {
                    biased;
                    sent = writer.flush() => sent?,
                    () = cancel.terminated() => return Err(Failure::End(End::Gone)),
                }
            }
        }
        Ok(())
    }
}
