use super::OctoPrint;
use crate::intake::poll::tests::conversation;

#[test]
fn each_conversation_comes_to_what_it_says() {
    conversation::each_case("octoprint-api", OctoPrint::default);
}
