//! Abstract-machine words: the automaton that was learned of Windows 8, and the client's side by hand.

#[path = "words/model.rs"]
mod model;
mod scale;

use closewait::profile::Profile;
use closewait_sim::words::{Player, Word, report};
use model::Model;

fn all_pass(words: impl IntoIterator<Item = Word>, profile: &Profile, seed: u64) -> usize {
    let player = Player::new(profile, seed);
    let mut count = 0;
    for word in words {
        if player.difference(&word).is_some() {
            panic!("\n{}", report(&word, profile, seed));
        }
        count += 1;
    }
    count
}

#[test]
fn every_transition_of_windows_8() {
    let model = Model::windows8();
    let words = model.transition_cover().into_iter().map(|inputs| model.word(inputs));
    assert_eq!(all_pass(words, &Profile::WIN8_CAV2016, 1), 494);
}

#[test]
fn every_transition_leads_to_its_state() {
    let model = Model::windows8();
    let tails = model.characterising_set();
    println!("{} {tails:?}", tails.len());
    let words = model.transition_cover().into_iter().flat_map(|way| {
        let (model, tails) = (&model, &tails);
        tails.iter().map(move |tail| model.word([&way[..], tail].concat())).collect::<Vec<_>>()
    });
    assert_eq!(all_pass(words, &Profile::WIN8_CAV2016, 2), 494 * tails.len());
}
