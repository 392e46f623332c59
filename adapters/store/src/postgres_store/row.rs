//! The row: its statements, and what they answer.

use core::time::Duration;

use gatepass::Version;
use tokio_postgres::{
    Client, Error, Row,
    types::{ToSql, Type},
};

use super::Postgres;
use crate::{
    error::StoreError,
    server::{ServerError, checked},
    store::{Record, Swap},
};

const LOAD: &str = "SELECT family, revision, record FROM gatepass_grants WHERE name = $1";

const INSERT: &str =
    "INSERT INTO gatepass_grants (name, family, revision, record) VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO NOTHING RETURNING true";

const UPDATE: &str = "UPDATE gatepass_grants SET family = $2, revision = $3, record = $4, updated_at = now() \
                      WHERE name = $1 AND family = $5 AND revision = $6 RETURNING true";

/// What durability depends on, on the server; null where it knows no such setting.
pub(super) const SETTINGS: &str = "SELECT current_setting('fsync', true)::bool, current_setting('full_page_writes', true)::bool";

/// What is set for a session. Each statement sees what was committed before it began, and a commit that returns is on the disk.
pub(super) fn session(timeout: Duration) -> String {
    format!(
        "SET default_transaction_isolation = 'read committed'; SET statement_timeout = {}; \
         SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
        timeout.as_millis()
    )
}

type Value<'v> = (&'v (dyn ToSql + Sync), Type);

/// One exchange with the server.
pub(super) enum Call<'c> {
    Batch(&'c str),
    Query(&'static str, &'c [Value<'c>]),
}

impl Call<'_> {
    /// The rows of a query. Nothing is prepared: a statement is sent with its values in one message.
    pub(super) async fn ask(&self, client: &Client) -> Result<Vec<Row>, Error> {
        match self {
            Self::Batch(statements) => client.batch_execute(statements).await.map(|()| Vec::new()),
            Self::Query(statement, values) => client.query_typed(statement, values).await,
        }
    }
}

impl Postgres {
    pub(super) async fn held(&self) -> Result<Option<Record>, StoreError> {
        let rows = self.ask(&Call::Query(LOAD, &[(&self.name, Type::TEXT)])).await?;
        rows.first().map(|row| self.read(row)).transpose()
    }

    fn read(&self, row: &Row) -> Result<Record, StoreError> {
        let columns = || Ok::<_, Error>((row.try_get::<_, Vec<u8>>(0)?, row.try_get::<_, i64>(1)?, Record::new(row.try_get(2)?)));
        let foreign = |_| ServerError::NotAGrant { place: self.place(), found: "columns of other types", fault: None };
        let (family, revision, record) = columns().map_err(foreign)?;
        let is_beside = |held: Version| held.family().as_slice() == family && i64::try_from(held.revision()) == Ok(revision);
        checked(record, || self.place(), is_beside)
    }

    pub(super) async fn compare_and_swap(&self, expected: Option<Version>, record: &[u8]) -> Result<Swap, StoreError> {
        let (family, revision) = self.columns(Version::of(record).map_err(StoreError::NotARecord)?)?;
        let expected = expected.map(|expected| self.columns(expected)).transpose()?;
        let mut values: Vec<Value<'_>> =
            vec![(&self.name, Type::TEXT), (&family, Type::BYTEA), (&revision, Type::INT8), (&record, Type::BYTEA)];
        let mut statement = INSERT;
        if let Some((family, revision)) = &expected {
            values.extend([(family as &(dyn ToSql + Sync), Type::BYTEA), (revision, Type::INT8)]);
            statement = UPDATE;
        }
        let changed = self.ask(&Call::Query(statement, &values)).await?;
        if changed.is_empty() { self.held().await.map(Swap::Superseded) } else { Ok(Swap::Stored) }
    }

    /// A version as the table has it.
    fn columns(&self, version: Version) -> Result<(Vec<u8>, i64), StoreError> {
        let too_high =
            |_| ServerError::Refused { place: self.place(), said: "the revision is too high for a bigint".to_owned(), is_passing: false };
        Ok((version.family().to_vec(), i64::try_from(version.revision()).map_err(too_high)?))
    }
}
