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
/// <para>A show makes its own data from seeds: no chain, no file, no configuration. The mathematics is that of `KeeperOracle.Risk`; the
/// few lines of arithmetic here are the second computations. The same numbers come out on every machine, but for times.</para>
/// <para>Limits: these are the systems that are pure computation. What needs a chain has its show in the demo itself or has none yet
/// (<see cref="ShowCatalogue"/>).</para>
/// </summary>
/// <param name="System">number or letter of the system</param>
/// <param name="Title">what the system is, in a line</param>
/// <param name="Play">gives the steps one after the other, each worked out when it is asked for</param>
internal sealed record Show(string System, string Title, Func<IEnumerable<ShowStep>> Play);

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
