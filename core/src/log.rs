//! `defmt::Format` of what is public and must not be shown as it is: its name, and what of it is no secret.

macro_rules! by_name {
    ($($type:ty => $name:literal),* $(,)?) => {
        $(impl defmt::Format for $type {
            fn format(&self, f: defmt::Formatter<'_>) {
                defmt::write!(f, $name);
            }
        })*
    };
}

by_name! {
    crate::AuthorizationCode<'_> => "AuthorizationCode(..)",
    crate::Client<'_> => "Client(..)",
    crate::Config<'_> => "Config(..)",
    crate::Discovery<'_> => "Discovery(..)",
    crate::Grant<'_> => "Grant(..)",
    crate::Policy => "Policy(..)",
    crate::Server<'_> => "Server(..)",
}

impl defmt::Format for crate::AccessToken<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "AccessToken({}, {})", self.generation, self.expiry);
    }
}

impl defmt::Format for crate::Input<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}", self.name());
    }
}

impl defmt::Format for crate::Version {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Version({})", self.revision);
    }
}

#[cfg(test)]
mod tests {
    use crate::*;

    const fn is<T: defmt::Format>() {}

    // R150
    #[test]
    fn every_public_type_can_be_logged() {
        is::<AccessToken<'_>>();
        is::<AuthorizationCode<'_>>();
        is::<AuthorizationUrl<'_>>();
        is::<Challenge<'_>>();
        is::<Client<'_>>();
        is::<Config<'_>>();
        is::<Discovery<'_>>();
        is::<Entropy>();
        is::<Error>();
        is::<Generation>();
        is::<Grant<'_>>();
        is::<Head<'_>>();
        is::<Input<'_>>();
        is::<MalformedChallenge>();
        is::<Method>();
        is::<Origin<'_>>();
        is::<Output<'_>>();
        is::<Overlap>();
        is::<Policy>();
        is::<Quirks>();
        is::<RefusalText<'_>>();
        is::<Remedy>();
        is::<Request<'_>>();
        is::<Rotation>();
        is::<Save<'_>>();
        is::<Scope<'_>>();
        is::<Server<'_>>();
        is::<Session<[u8; 0]>>();
        is::<SignInReason>();
        is::<StateName>();
        is::<Status>();
        is::<Ticket>();
        is::<Timestamp>();
        is::<Version>();
        is::<WellKnown>();
        is::<Why>();
    }
}
