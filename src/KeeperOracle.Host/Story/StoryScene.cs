using KeeperOracle.Host.Shows;

namespace KeeperOracle.Host.Story;

/// <summary>
/// The story that touches all systems, in nine scenes on two live chains: `demo --story`, and `--scene N` for one of them.
/// <para>Chain A holds collateral, chain B the accounts that it secures. Four oracle nodes attest the headers of either chain to the other, a relay carries headers
/// and storage proofs, two keepers watch both chains and want the same: all real processes, with keys, stores and logs of their own. The story itself plays the people (Alice, a
/// market maker, lenders, a poster of requirements, governance) and the world: it moves feeds and clocks.</para>
/// <para>A scene is a list of steps as those of a show are (<see cref="Show"/>): a sentence with its numbers, what they were worked out from, what came out, what must
/// hold and by which other way it is known. The story passes where every step holds. Scenes build on each other: a scene alone is played after those before it, which
/// are then played without being printed, and must hold too.</para>
/// <para>Whoever likes may kill -9 any of the processes at any moment (their numbers are in NAME.pid in the story's directory): it is started again, and the story ends as it
/// would have. It kills the keepers and the relay itself in scenes 3 and 5.</para>
/// <para>The keepers race through the whole story, for what there is to do once: at its end each effect stands with who had it and what the other was told
/// (<see cref="StoryRace"/>). In scene 3 they are made to: no block comes until both have tried.</para>
/// <para>Reports of risk in the story are signed by the keys of the four nodes and carried by somebody: on chain B options are listed, and what their volatility is
/// the story decides. One node of the four lies in each of them.</para>
/// </summary>
/// <param name="Number">1 to 9</param>
/// <param name="Title">what happens, in a line</param>
/// <param name="Play">gives the steps one after the other</param>
internal sealed record StoryScene(int Number, string Title, Func<StoryCast, CancellationToken, IAsyncEnumerable<ShowStep>> Play)
{
    public static IReadOnlyList<StoryScene> All { get; } =
    [
        BeginningScene.Scene,
        BadPrintScene.Scene,
        ShockScene.Scene,
        RampScene.Scene,
        SilenceScene.Scene,
        SeizureScene.Scene,
        ChallengeScene.Scene,
        HedgeScene.Scene,
        ExpiryScene.Scene,
    ];
}

/// <summary>A scene that was played.</summary>
internal sealed record SceneReport(int Number, string Title, IReadOnlyList<ShowStep> Steps)
{
    public bool Passed => Steps.Count > 0 && Steps.All(step => step.Holds);
}

/// <summary>A story that was played.</summary>
/// <param name="Directory">where keys, configurations, journals and logs of its processes lie</param>
/// <param name="Restarts">how often a process ended by itself and was started again</param>
/// <param name="Race">of the keepers, through all that was played</param>
internal sealed record StoryReport(string Directory, int Restarts, ShowStep Race, IReadOnlyList<SceneReport> Scenes)
{
    public bool Passed => Race.Holds && Scenes.All(scene => scene.Passed);
}
