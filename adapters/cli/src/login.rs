//! `gatepass login`: a profile, a browser, a redirect, tokens. What was cut short goes on when it is run again.

use gatepass::{AuthorizationCode, Grant, Origin, Why};
use gatepass_native::{Error as NativeError, Listener};
use gatepass_ureq::{Client, Error};
use serde_json::json;

use crate::account::Wish;
use crate::args::{AskArgs, AuthArg, ClientArgs, LoginArgs, RotationArg, StoreArgs};
use crate::output::{Exit, Failure, Screen};
use crate::profile::{Ask, Auth, Home, Place, Profile, replace};
use crate::secret::Secret;
use crate::store::{self, Opened, Pending, StoreAt};
use crate::{account, discover, status, wait};

pub(crate) fn run(args: &LoginArgs, screen: Screen) -> Result<(), Failure> {
    let place = Home::find()?.place(&args.profile.profile)?;
    let known = place.read()?;
    let mut profile = match (&args.issuer, &args.client_id) {
        (Some(issuer), Some(id)) => fresh(issuer, id, args, known.as_ref(), &place, screen)?,
        _ => again(args, known.as_ref(), &place)?,
    };
    profile.store.check()?;
    let (server, document) = discover::server(&profile)?;
    let Opened { grant, pending: store } = store::open(&place, &profile, Some(screen))?;
    let client = account::client(&place, &profile, server, grant, Wish { patience: args.profile.wait, ..Wish::default() })?;
    if args.join {
        join(&client, &place, &profile)?;
        replace(&place.server, &document)?;
        profile.store.is_member = true;
        place.write(&profile)?;
        return signed_in(&client, &place, &profile, screen);
    }
    let replaces = may_replace(args, &client, &place, &profile, screen)?;
    replace(&place.server, &document)?;
    // Who may get the token has no part in a sign-in.
    let is_same = known.is_some_and(|known| Profile { apis: profile.apis.clone(), ..known } == profile);
    let resumed = if is_same && !args.restart { resume(&client, &store, &place)? } else { None };
    let is_resumed = resumed.is_some();
    let (url, mut listener) = match resumed {
        Some(url) => (url, listen_again(&client)?),
        None => begin(&client, &store, &place, &profile)?,
    };
    // What could not even begin changes no profile.
    place.write(&profile)?;
    let redirect_uri = client.redirect_uri().unwrap_or_default();
    if is_resumed {
        screen.note("A sign-in was cut short; it goes on. (A new one instead: --restart)");
    }
    let event = json!({ "event": "visit", "url": url, "redirect_uri": redirect_uri, "resumed": is_resumed });
    let waited = wait::for_person(&client, &mut listener, &url, &event, args.browser.no_browser, screen);
    match waited {
        // Nobody refused it: the next login takes it up again.
        Err(failure) if !matches!(failure.exit(), Exit::Refused | Exit::SignIn) => return Err(failure),
        outcome => {
            store.clear()?;
            // Without another grant there would be none after a sign-in that failed.
            if outcome.is_err() && profile.store.is_shared() && !replaces && matches!(has_grant(&client, &place), Ok(true)) {
                return Err(taken(&place, &profile, "somebody else signed in meanwhile, and your sign-in was given up"));
            }
            outcome.map_err(|error| error.or_cure(format_args!("{}, to try once more", place.sign_in())))?;
        }
    }
    if profile.store.is_shared() && !profile.store.is_member {
        profile.store.is_member = true;
        place.write(&profile)?;
    }
    signed_in(&client, &place, &profile, screen)
}

/// Takes up the grant that the store holds.
fn join(client: &Client, place: &Place, profile: &Profile) -> Result<(), Failure> {
    if !profile.store.is_shared() {
        return Err(Failure::usage("--join takes up a grant from a store that machines share").cure("name it with --store"));
    }
    if has_grant(client, place)? {
        return Ok(());
    }
    let problem = format!("there is no grant to join: {} holds none by the name {}", profile.store.at, profile.grant_name(place));
    let cure = "sign in on one machine, without --join; on all of them --store, --profile, ISSUER and --client-id must be the same, or \
                --store-name";
    Err(Failure::new(Exit::SignIn, problem).cure(cure))
}

/// Whether a sign-in takes the place of a grant in a store that machines share; an error unless it may. It may be another person's:
/// who shares it would act as somebody else from then on, and would not know.
fn may_replace(args: &LoginArgs, client: &Client, place: &Place, profile: &Profile, screen: Screen) -> Result<bool, Failure> {
    if !profile.store.is_shared() {
        if args.replace {
            return Err(Failure::usage("--replace is for a grant in a store that machines share").cure("leave it out"));
        }
        return Ok(false);
    }
    if !has_grant(client, place)? {
        return Ok(false);
    }
    if !args.replace && !profile.store.is_member {
        return Err(taken(place, profile, "it may be somebody else's"));
    }
    let cure = if args.replace { "" } else { " (--join takes it up instead)" };
    screen.note(format_args!("gatepass: there is a grant in that store; this sign-in replaces it for all who share it{cure}"));
    Ok(true)
}

/// There is a grant that nobody said what to do about.
fn taken(place: &Place, profile: &Profile, why: &str) -> Failure {
    let problem = format!("there is a grant in {} by the name {}; {why}", profile.store.at, profile.grant_name(place));
    let cure = "choose --join to use it, --store-name NAME for one of your own, or --replace to sign in anew for all who use it";
    Failure::usage(problem).cure(cure)
}

/// Whether the store holds a grant. One that cannot be read is an error and not an empty place.
fn has_grant(client: &Client, place: &Place) -> Result<bool, Failure> {
    client.status().map(|status| status::is_good(&status)).map_err(|error| place.failure(error))
}

/// Says what there is now.
fn signed_in(client: &Client, place: &Place, profile: &Profile, screen: Screen) -> Result<(), Failure> {
    let status = client.status().map_err(|error| place.failure(error))?;
    account::note_quirks(place, &status, screen);
    let mut shown = status::json(place, profile, &status);
    if let Some(members) = shown.as_object_mut() {
        members.insert("quirks".to_owned(), status.quirks.names().collect());
    }
    let life = status
        .expires_in
        .map_or_else(String::new, |left| format!("; the access token is good for {}", crate::output::span(left.as_secs())));
    let refresh = if status.can_refresh {
        "and is refreshed when it runs out"
    } else {
        "and cannot be refreshed: if that is too short, sign in again with --scope offline_access, or what this server wants for it"
    };
    screen.result(&shown, format_args!("Signed in to profile '{}' at {}{life}, {refresh}.", place.name, profile.issuer))
}

/// The profile as it is, with more origins.
fn again(args: &LoginArgs, known: Option<&Profile>, place: &Place) -> Result<Profile, Failure> {
    let known = known.ok_or_else(|| place.must_sign_in("there is no profile"))?;
    let is_bare = args.ask == AskArgs::default() && args.client == ClientArgs::default() && args.store == StoreArgs::default();
    if !is_bare || args.browser.port.is_some() || args.browser.path.is_some() {
        let cure = "to change it, give ISSUER and --client-id, too, and all that is to stay";
        return Err(Failure::usage(format_args!("profile '{}' says already what to ask for", place.name)).cure(cure));
    }
    Ok(Profile { apis: apis(args, Some(known), known.allow_loopback_http)?, ..known.clone() })
}

/// The profile that the command line asks for.
fn fresh(issuer: &str, id: &str, args: &LoginArgs, known: Option<&Profile>, place: &Place, screen: Screen) -> Result<Profile, Failure> {
    if let Some(known) = known.filter(|known| known.issuer != issuer || known.client_id != id) {
        let problem = format!("profile '{}' is that of {} at {}", place.name, known.client_id, known.issuer);
        let cure = format!("choose another name with --profile, or first run gatepass logout --forget{}", place.option());
        return Err(Failure::usage(problem).cure(cure));
    }
    let client = &args.client;
    let secret_file = client.client_secret_file.as_deref().map(|path| Secret::CLIENT.locate(path, screen)).transpose()?;
    let is_confidential = secret_file.is_some() || Secret::CLIENT.in_environment().is_some();
    let auth = match (client.auth, is_confidential) {
        (None, false) => Auth::Public,
        (Some(AuthArg::Basic) | None, true) => Auth::Basic,
        (Some(AuthArg::Post), true) => Auth::Post,
        (Some(_), false) => return Err(Failure::usage("--auth is for a client with a secret").cure("name it with --client-secret-file")),
    };
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    Ok(Profile {
        issuer: issuer.to_owned(),
        client_id: id.to_owned(),
        auth,
        client_secret_file: secret_file,
        allow_loopback_http: client.allow_loopback_http,
        fixed_refresh_token: matches!(client.rotation, RotationArg::Fixed),
        overlap: client.overlap,
        relaxed_token: client.relaxed_token,
        quirks: client.quirks.clone(),
        apis: apis(args, known, client.allow_loopback_http)?,
        store: kept(&args.store, known, place, screen)?,
        ask: Ask {
            scope: args.ask.scopes.join(" "),
            audience: text(&args.ask.audience),
            prompt: text(&args.ask.prompt),
            login_hint: text(&args.ask.login_hint),
            organization: text(&args.ask.organization),
            connection: text(&args.ask.connection),
            acr_values: text(&args.ask.acr_values),
            max_age: args.ask.max_age,
            resources: args.ask.resources.clone(),
            params: args.ask.params.clone(),
            port: args.browser.port,
            path: args.browser.path.clone().unwrap_or_else(|| "/callback".to_owned()),
        },
    })
}

/// The origins that may get the token: those that were allowed before stay.
fn apis(args: &LoginArgs, known: Option<&Profile>, allow_http: bool) -> Result<Vec<String>, Failure> {
    let mut apis: Vec<String> = known.map(|known| known.apis.clone()).unwrap_or_default();
    for url in &args.apis {
        let origin = origin(url, allow_http)?;
        if !apis.contains(&origin) {
            apis.push(origin);
        }
    }
    Ok(apis)
}

/// The store that the command line names, or where the grant is already: one that is left behind would be forgotten, not ended.
fn kept(args: &StoreArgs, known: Option<&Profile>, place: &Place, screen: Screen) -> Result<StoreAt, Failure> {
    let Some(at) = &args.store else { return Ok(known.map(|known| known.store.clone()).unwrap_or_default()) };
    let store = StoreAt {
        at: at.clone(),
        name: args.store_name.clone(),
        password_file: args.store_password_file.as_deref().map(|path| Secret::STORE.locate(path, screen)).transpose()?,
        allow_plain: args.allow_plain_store,
        is_member: known.is_some_and(|known| known.store.is_member),
    };
    store.check()?;
    if let Some(known) = known.filter(|known| (&known.store.at, &known.store.name) != (&store.at, &store.name)) {
        let problem = format!("profile '{}' has its grant in {}", place.name, known.store.shown(place));
        let leave = if known.store.is_shared() { "--leave" } else { "--forget" };
        let cure = format!("choose another name with --profile, or first run gatepass logout {leave}{}", place.option());
        return Err(Failure::usage(problem).cure(cure));
    }
    Ok(store)
}

/// Scheme, host and port of a URL.
pub(crate) fn origin(url: &str, allow_http: bool) -> Result<String, Failure> {
    let refused = || {
        Failure::usage("an API must be an https URL")
            .cure("an API at 127.0.0.1 or [::1] over http needs a login with --allow-loopback-http")
    };
    let url = url.split(['#', '?']).next().unwrap_or_default();
    let origin = Origin::of(url).map_err(|_| refused())?;
    if origin.is_plain() && !allow_http {
        return Err(refused());
    }
    Ok(url.split('/').take(3).collect::<Vec<_>>().join("/").to_ascii_lowercase())
}

fn begin(client: &Client, store: &Pending, place: &Place, profile: &Profile) -> Result<(String, Listener), Failure> {
    let ask = &profile.ask;
    let listener = match ask.port {
        Some(port) => Listener::bind_port(&ask.path, port),
        None => Listener::bind(&ask.path),
    };
    let listener = listener
        .map_err(|error| if matches!(error, NativeError::Path | NativeError::Port) { Failure::usage(error) } else { error.into() })?;
    let resources: Vec<&str> = ask.resources.iter().map(String::as_str).collect();
    let params: Vec<(&str, &str)> = ask.params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let grant = AuthorizationCode::new().scope(&ask.scope).audience(&ask.audience).prompt(&ask.prompt).login_hint(&ask.login_hint);
    let grant = grant.organization(&ask.organization).connection(&ask.connection).acr_values(&ask.acr_values);
    let grant = ask.max_age.map_or(grant, |seconds| grant.max_age(seconds));
    let grant = Grant::AuthorizationCode(grant.resources(&resources).extra(&params));
    let begun = match client.begin_sign_in(&grant, listener.redirect_uri()) {
        // The last sign-out never reached the server. It is asked no more: that must keep nobody out.
        Err(Error::Waiting { why: Why::Revocation, .. }) => {
            client.cancel_sign_in().map_err(|error| place.failure(error))?;
            client.begin_sign_in(&grant, listener.redirect_uri())
        }
        begun => begun,
    };
    let url = begun.map_err(|error| place.failure(error))?;
    let pending = client.export_pending().map_err(|error| place.failure(error))?;
    store.save(&pending)?;
    Ok((url, listener))
}

/// Takes up a sign-in that was cut short, unless it is older than a sign-in may be, or belongs to another configuration.
fn resume(client: &Client, store: &Pending, place: &Place) -> Result<Option<String>, Failure> {
    let Some(pending) = store.load()? else { return Ok(None) };
    match client.resume_pending(&pending) {
        Ok(url) => Ok(Some(url)),
        Err(Error::Core(gatepass::Error::Misuse(gatepass::Misuse::Pending))) => Ok(None),
        Err(error) => Err(place.failure(error)),
    }
}

fn listen_again(client: &Client) -> Result<Listener, Failure> {
    let redirect_uri = client.redirect_uri().unwrap_or_default();
    Listener::bind_again(&redirect_uri).map_err(|error| {
        let cure = "if that is a login of this profile, finish it; otherwise begin anew with --restart";
        Failure::new(Exit::Failed, format_args!("a sign-in was cut short, and its port cannot be had again ({error})")).cure(cure)
    })
}
