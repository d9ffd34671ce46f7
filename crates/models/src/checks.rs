//! Three questions to a model: does this hold in every state, can this happen, how does it break.

use std::fmt::Debug;
use std::hash::Hash;

use stateright::{Checker, Model, Path, Property};

/// A statement about a state, true or false.
pub(crate) type Claim<M> = fn(&M, &<M as Model>::State) -> bool;

/// Visits every state of the model, and panics with the shortest way to one that breaks a claim.
pub(crate) fn assert_holds<M>(model: &M, claims: &[Claim<M>])
where
    M: Model + Clone + Send + Sync + 'static,
    M::State: Clone + Debug + PartialEq + Hash + Send + Sync + 'static,
    M::Action: Clone + Debug + PartialEq,
{
    if let Some((actions, state)) = breach(model, claims) {
        let broken = claims.iter().position(|claim| !claim(model, &state));
        panic!("claim {broken:?} (from 0) does not hold after {actions:#?}: {state:#?}");
    }
}

/// Panics unless these actions lead to a state where the claim does not hold, and no fewer do.
pub(crate) fn assert_breaks<M>(model: &M, claim: Claim<M>, actions: &[M::Action])
where
    M: Model + Clone + Send + Sync + 'static,
    M::State: Clone + Debug + PartialEq + Hash + Send + Sync + 'static,
    M::Action: Clone + Debug + PartialEq,
{
    let Some((fewest, _)) = breach(model, &[claim]) else {
        panic!("it holds in every state: there is no counterexample");
    };
    let starts = model.init_states().into_iter();
    let broken = starts
        .filter_map(|state| Path::from_actions(model, state, actions))
        .any(|path| !claim(model, path.last_state()));
    assert!(
        broken && actions.len() == fewest.len(),
        "the fewest actions are {fewest:?}"
    );
}

/// Panics when no state is as asked. What "holds in every state" is worth nothing when the states
/// that matter are never come to.
pub(crate) fn assert_possible<M>(model: &M, wanted: Claim<M>)
where
    M: Model + Clone + Send + Sync + 'static,
    M::State: Clone + Debug + PartialEq + Hash + Send + Sync + 'static,
    M::Action: Clone + Debug + PartialEq,
{
    let asked = Asked {
        model: model.clone(),
        claims: vec![wanted],
        property: Property::sometimes("asked", |asked: &Asked<M>, state| asked.all_hold(state)),
    };
    asked.checker().spawn_bfs().join().assert_properties();
}

/// How a state is come to that breaks a claim, and that state.
type Breach<M> = (Vec<<M as Model>::Action>, <M as Model>::State);

fn breach<M>(model: &M, claims: &[Claim<M>]) -> Option<Breach<M>>
where
    M: Model + Clone + Send + Sync + 'static,
    M::State: Clone + Debug + PartialEq + Hash + Send + Sync + 'static,
    M::Action: Clone + Debug + PartialEq,
{
    let asked = Asked {
        model: model.clone(),
        claims: claims.to_vec(),
        property: Property::always("asked", |asked: &Asked<M>, state| asked.all_hold(state)),
    };
    // One thread, breadth first: what is found is found in the fewest actions.
    let checker = asked.checker().spawn_bfs().join();
    assert!(checker.is_done(), "not every state was visited");
    let path = checker.discovery("asked")?;
    let state = path.last_state().clone();
    Some((path.into_actions(), state))
}

/// A model with one question to it. Of two questions asked at once, the checker keeps a path to
/// the last breach that it sees, not to the first.
struct Asked<M: Model> {
    model: M,
    claims: Vec<Claim<M>>,
    property: Property<Self>,
}

impl<M: Model> Asked<M> {
    fn all_hold(&self, state: &M::State) -> bool {
        self.claims.iter().all(|claim| claim(&self.model, state))
    }
}

impl<M: Model> Model for Asked<M> {
    type State = M::State;
    type Action = M::Action;

    fn init_states(&self) -> Vec<Self::State> {
        self.model.init_states()
    }

    fn actions(&self, state: &Self::State, actions: &mut Vec<Self::Action>) {
        self.model.actions(state, actions);
    }

    fn next_state(&self, state: &Self::State, action: Self::Action) -> Option<Self::State> {
        self.model.next_state(state, action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![self.property.clone()]
    }
}
