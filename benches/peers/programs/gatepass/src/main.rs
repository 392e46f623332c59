//! Signs in with gatepass, and makes the header of a request. The redirect is typed in.
#![forbid(unsafe_code)]

use core::time::Duration;
use std::{error::Error, io, sync::Arc};

use gatepass::{AuthorizationCode, Client, Config, Grant, Server};
use gatepass_store::Memory;
use gatepass_ureq::Settings;

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::new("https://as.example", "https://as.example/authorize", "https://as.example/oauth/token");
    let config = Config::new(server, Client::public("native-app"))?;
    let settings = Settings::new(config, Arc::new(Memory::new())).origin("https://api.example");
    let client = gatepass_ureq::Client::new(settings)?;
    let grant = Grant::AuthorizationCode(AuthorizationCode::new().scope("openid offline_access"));
    println!("{}", client.begin_sign_in(&grant, "http://127.0.0.1:8910/callback")?);
    let mut redirect = String::new();
    io::stdin().read_line(&mut redirect)?;
    client.finish_sign_in(redirect.trim())?;
    println!("{} bytes", client.access_token(Duration::ZERO)?.header()?.len());
    Ok(())
}
