//! Pages to read before a fleet shares a grant.

pub mod in_doubt {
    //! # When nobody knows what became of a refresh
    //!
    //! A response is lost, or a process dies between sending and saving. If the server has rotated, the only copy of the next
    //! refresh token is gone, and the old one is used up; if it has not, the old one is good. Nobody but the server knows, and
    //! asking it again is the risk: a server that detects reuse (RFC 9700 §4.14.2) ends the whole grant. The intent that was
    //! saved before the send tells every holder that this has happened. What follows is a policy
    //! ([`Policy`](gatepass::Policy)), with a default that is safe at every server.
    //!
    //! ## What is in doubt
    //!
    //! | what came | what it is |
    //! |---|---|
    //! | tokens | the next generation; saved before anything else, and again until the store has it |
    //! | `invalid_grant` | the end of the generation that was sent, and of no other |
    //! | another OAuth error (`invalid_client`, `invalid_scope`, `interaction_required`, ..) | the refresh token is as good as before: the intent is given back |
    //! | no byte of the request left | likewise, and the send is not counted |
    //! | not a byte of an answer in time | **in doubt**, silent |
    //! | the process died after its intent was saved | **in doubt**, silent, to the others and to itself when it is back |
    //! | 429, any 5xx (whatever it carries), `server_error`, `temporarily_unavailable`, 3xx, an answer that is cut or cannot be read | **in doubt**, answered |
    //!
    //! ## What is done then
    //!
    //! | | the overlap is known ([`Overlap::Covers`](gatepass::Overlap::Covers)) | unknown ([`Overlap::Unknown`](gatepass::Overlap::Unknown), the default), or none |
    //! |---|---|---|
    //! | say so when | the server takes a rotated token for at least the lease, 30 s by default (Okta's default is as long) | nobody knows; or the server ends the grant at once (Auth0's default) |
    //! | first repeat | at once by the holder that sent; by another as every further one | as every further one |
    //! | every further one | when the lease has lapsed, on the own clock, and no access token for what is wanted serves any more; the wait doubles with each, up to an hour, with jitter | likewise |
    //! | what is sent | the same refresh token; the attempt is counted in the store before it leaves | likewise |
    //! | what it may cost | nothing within the overlap | where the server had rotated, the grant, which was lost already: nobody has the new token. Where it had not, nothing |
    //! | how often | [`max_attempts`](gatepass::Policy::max_attempts) sends of one generation (32: a device that browns out must not need a visit), of which [`max_answered`](gatepass::Policy::max_answered) answered (16) | likewise |
    //! | when the user is asked | after `invalid_grant` ([`Ended`](gatepass::SignInReason::Ended)), or when these are used up ([`InDoubt`](gatepass::SignInReason::InDoubt)): the record stays, and a newer one is adopted | likewise |
    //! | meanwhile | the access token serves until it expires | likewise |
    //!
    //! A server without any overlap has no policy of its own. If it had rotated, a repeat only finds out what is lost; if the request
    //! never reached it, the repeat saves the grant.
    //!
    //! Two kinds of grant have no doubt: one without a refresh token, and one of a server declared
    //! [`Rotation::Fixed`](gatepass::Rotation::Fixed), whose refresh token never changes. A lost response is repeated there after a back-off of a second
    //! that doubles up to an hour, without an intent and without a count.
    //!
    //! What no client can do: a late request that reaches the server after its repeat can end the next, committed generation.
}

pub mod one_grant_many_processes {
    //! # One grant, many processes
    //!
    //! Workers on many machines call an API for one user, or for the fleet itself. Each could sign in by itself; most servers allow
    //! few refresh tokens for a user, and nobody wants to sign in sixteen times. So they share one grant: one record in one
    //! store, and every process runs the same few lines.
    //!
    #![cfg_attr(feature = "redis-tokio", doc = "```no_run")]
    #![cfg_attr(not(feature = "redis-tokio"), doc = "```text")]
    //! use std::sync::Arc;
    //! use gatepass::{Client as Identity, Config};
    //! use gatepass_reqwest::{Client, Discover, Error, Settings, discover};
    //! use gatepass_store::Redis;
    //!
    //! # async fn work(_: reqwest::Response) {}
    //! # use gatepass_reqwest::reqwest;
    //! async fn worker() -> Result<(), Box<dyn std::error::Error>> {
    //!     let server = discover(&Discover::new("https://as.example")).await?;
    //!     let config = Config::new(server, Identity::public("fleet"))?;
    //!     let store = Redis::open("rediss://redis.internal/", "gatepass:fleet")?;
    //!     let client = Client::new(Settings::new_async(config, Arc::new(store)).origin("https://api.example"))?;
    //!     loop {
    //!         match client.get("https://api.example/jobs/next").await {
    //!             Ok(response) => work(response).await,
    //!             Err(error) if error.is_sign_in_required() => return Err(error.into()), // tell a person
    //!             // The store, the network or the server is away: the client knows for how long to wait.
    //!             Err(Error::Waiting { after, .. }) => tokio::time::sleep(after).await,
    //!             Err(error) => return Err(error.into()),
    //!         }
    //!     }
    //! }
    //! ```
    //!
    //! Somebody signs in once with the same store, on a page of your own or by
    //! `gatepass login https://as.example --client-id fleet --store rediss://redis.internal/ --store-name gatepass:fleet`. A worker
    //! that was told that nobody is signed in finds the grant with its next call.
    //!
    //! ## What happens
    //!
    //! Every process holds the same access token, and refreshes nothing while it serves. When it is due, one of them saves an
    //! intent by compare-and-swap; the others lose that race, go on with the token as long as it serves, and then look at the store until the
    //! new tokens are there. One request goes to the server for each rotation, however many processes there are.
    //!
    //! | what goes wrong | what it costs |
    //! |---|---|
    //! | a process dies before it sends, or after its save | nothing; another waits until its lease has lapsed (30 s by default) |
    //! | a process dies between the send and the save | see [in doubt](super::in_doubt): the one cut that can cost the grant, where the server has no overlap |
    //! | the store is away | a valid access token goes on serving; tokens that have just arrived are kept in memory and saved when it is back |
    //! | the store comes back older than it was | who still runs refuses it, and sends nothing; see the store's page for what it must promise |
    //! | a machine is suspended in the middle of a refresh | its request does not leave late, for the deadline is looked at on a clock that goes on meanwhile; what it finds afterwards counts |
    //! | two machines disagree about the time | nothing: no two clocks are compared |
    //! | the user signs out, anywhere | all processes are told so by the store, at the latest when they would refresh |
    //! | a process forks, or a machine is cloned | build a new client in the child: two that share a memory share their name in the store, and may both believe that an intent is theirs |
    //!
    //! ## What to choose
    //!
    //! | processes | store |
    //! |---|---|
    //! | of one user on one machine | [`File`](crate::File), also encrypted; `Keyring` |
    //! | on many machines | `Redis` with an append-only file that is synced always; `Postgres` |
    //! | with a store of your own | implement [`Store`](crate::Store) or [`AsyncStore`](crate::AsyncStore): one compare-and-swap, durable when it returns |
    //!
    //! All of them should have the same [`Policy`](gatepass::Policy). A shorter [`lease`](gatepass::Policy::lease) makes the others wait less
    //! for one that died, and leaves a request half of it to be answered. It should be longer than the store is ever away: when it
    //! lapses while the tokens of a living holder still wait to be saved, another may repeat.
    //!
    //! ## Several audiences
    //!
    //! One grant can give access tokens for several APIs ([`Audience`](gatepass::Audience)): name them in the configuration, and say with
    //! [`origin_for`](crate::driver::Settings::origin_for) which origin gets which. They lie in the same record, so what one process
    //! has fetched serves all; and each refresh, for whatever audience, rotates the one refresh token.
}
