using System.Text.Json;
using System.Text.Json.Nodes;
using KeeperOracle.Keeper;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// A short play of one of the product's systems for somebody who meets it for the first time: `keeperoracle demo --system N`.
/// <para>A show is a list of steps. A step says one thing in a sentence with its numbers; it names what the numbers were worked out from
/// (inputs) and what came out (outputs), so that an outsider can work them out again, and it says what must hold and whether it does. The
/// show passes where every step holds.</para>
/// <para>What must hold rests on a published figure, whose source stands at the show, or on a second computation: a closed form against a
/// simulation, a finite difference, every scenario priced one by one (<see cref="PlainRevaluation"/>), a count by hand. Never on what the
/// code gave before.</para>
/// <para>A show of what is pure computation makes its own data from seeds: no chain, no file, no configuration. The mathematics is that of `KeeperOracle.Risk`; the
/// few lines of arithmetic here are the second computations. The same numbers come out on every machine, but for times.</para>
/// <para>A show of what happens on a chain (<see cref="ChainShow"/>) has a local one with the protocol on it (<see cref="ShowStage"/>), real contracts and, where it
/// is about the keeper, the keeper's real process. Chain times differ by a second or two from run to run, and with them the last digits.</para>
/// <para>Which systems have none yet says <see cref="ShowCatalogue"/>.</para>
/// </summary>
/// <param name="System">number or letter of the system</param>
/// <param name="Title">what the system is, in a line</param>
/// <param name="Play">gives the steps one after the other, each worked out when it is asked for</param>
internal sealed record Show(string System, string Title, Func<IEnumerable<ShowStep>> Play);

/// <summary>A show that happens on a local chain with the protocol on it.</summary>
/// <param name="Play">as of <see cref="Show"/>, on a stage of its own</param>
internal sealed record ChainShow(string System, string Title, Func<ShowStage, CancellationToken, IAsyncEnumerable<ShowStep>> Play)
{
    /// <summary>The show on this stage. Its steps wait for the chain: not for a thread that others need.</summary>
    public Show On(ShowStage stage, CancellationToken cancellationToken) =>
        new(System, Title, () => Play(stage, cancellationToken).ToBlockingEnumerable(cancellationToken));
}

/// <summary>A show that happens on two local chains that believe each other.</summary>
/// <param name="Play">as of <see cref="Show"/>, on a stage of its own</param>
internal sealed record TwoChainShow(string System, string Title, Func<TwoChainStage, CancellationToken, IAsyncEnumerable<ShowStep>> Play)
{
    /// <summary>As of <see cref="ChainShow"/>.</summary>
    public Show On(TwoChainStage stage, CancellationToken cancellationToken) =>
        new(System, Title, () => Play(stage, cancellationToken).ToBlockingEnumerable(cancellationToken));
}

/// <summary>One step.</summary>
/// <param name="Sentence">what happens here, with its numbers</param>
/// <param name="Inputs">by name</param>
/// <param name="Outputs">by name</param>
/// <param name="Holds">whether <paramref name="Expectation"/> does</param>
/// <param name="Expectation">what must hold, and by which other way it is known</param>
internal sealed record ShowStep(string Sentence, JsonObject Inputs, JsonObject Outputs, bool Holds, string Expectation)
{
    /// <summary>A step from two objects whose properties are the named values.</summary>
    public static ShowStep Of(string sentence, object inputs, object outputs, string expectation, bool holds) =>
        new(sentence, Named(inputs), Named(outputs), holds, expectation);

    /// <summary>Whether two numbers agree to a tolerance: relative to the second one where that is over 1, else absolute.</summary>
    public static bool Near(double actual, double expected, double tolerance) =>
        Math.Abs(actual - expected) <= tolerance * Math.Max(1, Math.Abs(expected));

    private static JsonObject Named(object values) => JsonSerializer.SerializeToNode(values, KeeperJson.Options)!.AsObject();
}

/// <summary>A show that was played.</summary>
internal sealed record ShowReport(string System, string Title, IReadOnlyList<ShowStep> Steps)
{
    public bool Passed => Steps.All(step => step.Holds);
}
