//! What is asked of the server, and what it answers: one protocol for both kinds of connection.

use std::sync::LazyLock;

use gatepass::Version;
use redis::{Cmd, Connection, RedisResult, Script, ScriptInvocation, Value};

use super::Redis;
use crate::{
    durability::Durability,
    error::StoreError,
    server::{ServerError, checked},
    store::{Record, Swap},
};

/// Compares and swaps. The answer is 1 when it stored, 0 when no hash stands there, and otherwise the fields that do.
///
/// A script that has written is not refused for want of memory: `PERSIST` comes first where a refusal would lose tokens, and
/// last where it is welcome. It also takes off an expiry that somebody has put on the key.
static SWAP: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local key, expected, is_intent = KEYS[1], ARGV[1], ARGV[4] == '1'
        local kind = redis.call('TYPE', key).ok
        if kind ~= 'none' and kind ~= 'hash' then return 0 end
        local held = ''
        if kind == 'hash' then held = redis.call('HGET', key, 'version') end
        if held ~= expected or (held == '') ~= (kind == 'none') then return redis.call('HGETALL', key) end
        if not is_intent then redis.call('PERSIST', key) end
        redis.call('HSET', key, 'version', ARGV[2], 'record', ARGV[3])
        if is_intent then redis.call('PERSIST', key) end
        return 1",
    )
});

/// A version as the script compares it: 12 bytes of the family, and the revision.
fn field(version: Version) -> Vec<u8> {
    [version.family().as_slice(), &version.revision().to_be_bytes()].concat()
}

/// One exchange with the server.
pub(super) enum Call {
    Plain(Cmd),
    Script(ScriptInvocation<'static>),
}

impl Call {
    pub(super) fn load(key: &str) -> Self {
        Self::plain("HGETALL", &[key])
    }

    /// # Errors
    /// [`StoreError::NotARecord`]
    pub(super) fn swap(key: &str, expected: Option<Version>, record: &[u8], is_intent: bool) -> Result<Self, StoreError> {
        let version = Version::of(record).map_err(StoreError::NotARecord)?;
        let mut call = SWAP.key(key);
        call.arg(expected.map(field).unwrap_or_default()).arg(field(version)).arg(record).arg(u8::from(is_intent));
        Ok(Self::Script(call))
    }

    /// What [`durability`] reads, in order.
    pub(super) fn settings() -> [Self; 3] {
        ["appendonly", "appendfsync", "maxmemory-policy"].map(|name| Self::plain("CONFIG", &["GET", name]))
    }

    fn plain(name: &str, arguments: &[&str]) -> Self {
        let mut command = redis::cmd(name);
        command.arg(arguments);
        Self::Plain(command)
    }

    pub(super) fn ask(&self, connection: &mut Connection) -> RedisResult<Value> {
        match self {
            Self::Plain(command) => command.query(connection),
            Self::Script(script) => script.invoke(connection),
        }
    }

    #[cfg(feature = "redis-tokio")]
    pub(super) async fn ask_async(&self, connection: &mut redis::aio::MultiplexedConnection) -> RedisResult<Value> {
        match self {
            Self::Plain(command) => command.query_async(connection).await,
            Self::Script(script) => script.invoke_async(connection).await,
        }
    }
}

impl Redis {
    /// The answer to a load.
    pub(super) fn held(&self, answer: Value) -> Result<Option<Record>, StoreError> {
        let fields = fields(answer).ok_or_else(|| self.not_a_grant("something that is no hash"))?;
        if fields.is_empty() {
            return Ok(None);
        }
        let (mut version, mut record) = (None, None);
        for (name, value) in fields {
            match name.as_slice() {
                b"version" => version = Some(value),
                b"record" => record = Some(Record::new(value)),
                _ => {}
            }
        }
        let (Some(version), Some(record)) = (version, record) else { return Err(self.not_a_grant("a hash of something else")) };
        checked(record, || self.place(), |held| field(held) == version).map(Some)
    }

    /// The answer to a swap.
    pub(super) fn swapped(&self, answer: Value) -> Result<Swap, StoreError> {
        if answer == Value::Int(1) { Ok(Swap::Stored) } else { self.held(answer).map(Swap::Superseded) }
    }
}

/// The fields of a hash, in the form of either version of the wire protocol.
fn fields(answer: Value) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let text = |value| if let Value::BulkString(text) = value { Some(text) } else { None };
    if let Value::Map(fields) = answer {
        return fields.into_iter().map(|(name, value)| Some((text(name)?, text(value)?))).collect();
    }
    let Value::Array(items) = answer else { return None };
    let mut items = items.into_iter();
    let mut fields = Vec::new();
    while let Some(name) = items.next() {
        fields.push((text(name)?, text(items.next()?)?));
    }
    Some(fields)
}

/// The answers to [`Call::settings`]: a server need not say.
pub(super) fn durability(answers: [Result<Value, StoreError>; 3]) -> Result<Durability, StoreError> {
    let setting = |answer| match answer {
        Ok(said) => Ok(fields(said).and_then(|mut fields| fields.pop()).map(|(_, value)| value)),
        Err(StoreError::Server(ServerError::Refused { .. })) => Ok(None),
        Err(error) => Err(error),
    };
    let [append_only, fsync, policy] = answers.map(setting);
    let is = |value: Option<Vec<u8>>, wanted: &[u8]| value.map(|value| value == wanted);
    let mut durability = Durability::default();
    durability.add(is(append_only?, b"yes"), "appendonly yes (or a restart forgets what was stored since the last snapshot)");
    durability.add(is(fsync?, b"always"), "appendfsync always (or a crash forgets what was stored in the last second)");
    durability
        .add(policy?.map(|policy| !policy.starts_with(b"allkeys")), "maxmemory-policy noeviction (or a full memory evicts the grant)");
    Ok(durability)
}
