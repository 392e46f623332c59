//! A body that cannot be repeated.

use gatepass_ureq::ureq::{SendBody, http::Request};

use crate::{run, signed_in, world::World};

#[test]
fn a_body_that_cannot_be_repeated_gives_the_rejection_and_the_next_token_is_new() {
    run(async {
        let world = World::new();
        let client = signed_in(&world).await;
        world.issuer.revoke_all_access_tokens();
        let mut body = std::io::Cursor::new(b"four".to_vec());
        let request = Request::post(world.issuer.api_url()).body(SendBody::from_reader(&mut body)).unwrap();
        assert_eq!(client.0.send_once(request).unwrap().status(), 401);
        assert_eq!(world.refreshes(), 1);
        assert_eq!(client.get(&world.issuer.api_url()).await.unwrap().status, 200);
        assert_eq!(world.refreshes(), 1);
    });
}
