//! The hierarchy against Dijkstra's algorithm on random graphs: every pair, weights and the edges of the way.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use proptest::prelude::*;

use super::search::{Search, Seed, quickest};
use super::{FAR, Link, Towards, Weight, contract::contract, order, table, unpack, weight};

fn dijkstra(vertices: usize, links: &[Link], source: u32) -> Vec<Weight> {
    let mut distance = vec![FAR; vertices];
    let mut heap = BinaryHeap::from([Reverse((0, source))]);
    distance[source as usize] = 0;
    while let Some(Reverse((at, vertex))) = heap.pop() {
        if at > distance[vertex as usize] {
            continue;
        }
        for link in links.iter().filter(|link| link.from == vertex) {
            let next = at + link.weight;
            if next < distance[link.to as usize] {
                distance[link.to as usize] = next;
                heap.push(Reverse((next, link.to)));
            }
        }
    }
    distance
}

fn ranked(vertices: usize, links: &[Link]) -> Vec<Link> {
    let rank = order(vertices, links);
    let mut sorted = rank.clone();
    sorted.sort_unstable();
    assert!(sorted.iter().enumerate().all(|(index, rank)| index == *rank as usize));
    links
        .iter()
        .map(|link| Link { from: rank[link.from as usize], to: rank[link.to as usize], ..*link })
        .collect()
}

fn check(vertices: usize, links: &[Link]) {
    let links = ranked(vertices, links);
    let contracted = contract(vertices, &links);
    let graph = contracted.view();
    let all: Vec<Vec<Seed>> =
        (0..vertices).map(|v| vec![Seed { vertex: v as u32, weight: 0 }]).collect();
    let (mut ahead, mut back) = (Search::new(vertices), Search::new(vertices));
    table::rows(graph, &all, &all, |source, row| {
        let truth = dijkstra(vertices, &links, source as u32);
        assert_eq!(row, truth, "from {source}");
        for (target, expected) in truth.iter().enumerate() {
            let way = quickest(graph, &mut ahead, &mut back, &all[source], &all[target]);
            let Some(way) = way else {
                assert_eq!(*expected, FAR);
                continue;
            };
            assert_eq!(way.weight, *expected);
            let mut edges = Vec::new();
            unpack::edges(graph, &way.steps, &mut edges).unwrap();
            let mut at = source as u32;
            let mut sum = 0;
            for edge in edges {
                let link = links[edge as usize];
                assert_eq!(link.from, at);
                (at, sum) = (link.to, sum + link.weight);
            }
            assert_eq!((at as usize, sum), (target, way.weight));
        }
    });
}

prop_compose! {
    fn graphs()(vertices in 1_usize..40)(
        vertices in Just(vertices),
        arcs in prop::collection::vec((0..vertices as u32, 0..vertices as u32, 0_u32..6, 0_u32..4), 0..140),
    ) -> (usize, Vec<Link>) {
        let links = arcs.iter().enumerate().map(|(via, &(from, to, ms, dm))| {
            Link { from, to, weight: weight(ms, dm), via: via as u32 }
        }).collect();
        (vertices, links)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Small weights make many ties, and some arcs cost nothing at all.
    #[test]
    fn all_pairs_agree_with_dijkstra((vertices, links) in graphs()) {
        check(vertices, &links);
    }
}

#[test]
fn seeds_with_a_head_start_are_weighed() {
    // 0 → 1 → 2 costs 20; the second seed at 2 costs 25, the second target at 1 costs 11.
    let links =
        [(0, 1), (1, 2)].map(|(from, to)| Link { from, to, weight: weight(10, 1), via: from });
    let contracted = contract(3, &links);
    let (mut ahead, mut back) = (Search::new(3), Search::new(3));
    let seed = |vertex, ms| Seed { vertex, weight: weight(ms, 0) };
    let mut run = |sources: &[Seed], targets: &[Seed]| {
        quickest(contracted.view(), &mut ahead, &mut back, sources, targets).map(|way| way.weight)
    };
    assert_eq!(run(&[seed(0, 0), seed(2, 25)], &[seed(2, 0)]), Some(weight(20, 2)));
    assert_eq!(run(&[seed(0, 0), seed(2, 15)], &[seed(2, 0)]), Some(weight(15, 0)));
    assert_eq!(run(&[seed(0, 0)], &[seed(2, 3), seed(1, 11)]), Some(weight(21, 1)));
    assert_eq!(run(&[seed(2, 0)], &[seed(0, 0)]), None);
}

#[test]
fn a_label_is_what_a_search_settles() {
    // From 0 to 2 straight costs 10, over 3 it costs 2, and 3 ranks higher: a detour. To 1 likewise, over two arcs.
    let links = [(0, 1, 10), (0, 2, 10), (0, 3, 1), (3, 2, 1), (2, 1, 1)]
        .map(|(from, to, ms)| Link { from, to, weight: weight(ms, 0), via: from });
    let contracted = contract(4, &links);
    let mut search = Search::of_weights(4);
    let mut settled = Vec::new();
    let seed = [Seed { vertex: 0, weight: 0 }];
    search.run(contracted.view(), Towards::Targets, &seed, |vertex, weight| {
        settled.push((vertex, weight));
        true
    });
    assert_eq!(settled, [(0, 0), (3, weight(1, 0)), (1, weight(10, 0))]);
    let mut label = Vec::new();
    search.label(contracted.view(), Towards::Targets, &seed, &mut label);
    assert_eq!(label, settled);
}
