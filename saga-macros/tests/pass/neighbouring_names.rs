//! Steps whose names look like those of generated items beside them.

use typed_saga::saga;

#[derive(Debug)]
struct Failed;

saga! {
    saga Post() -> Result<u32, Failed> {
        read mail() -> u32 { Ok(1) }
        read mail_send(mail) -> u32 { Ok(mail + 1) }
        read send_mail(mail_send) -> u32 { Ok(mail_send + 1) }
        read action_mail(send_mail) -> u32 { Ok(send_mail + 1) }
        read send_action_mail(action_mail) -> u32 { Ok(action_mail + 1) }
        read output(send_action_mail) -> u32 { Ok(send_action_mail + 1) }
        read services(output) -> u32 { Ok(output + 1) }
        services
    }
}

#[tokio::test]
async fn runs() {
    assert_eq!(Post {}.run().await.unwrap(), 7);
}
