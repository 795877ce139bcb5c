using System.Reflection;
using KeeperOracle.Keeper;
using KeeperOracle.Risk;

namespace KeeperOracle.Tests;

/// <summary>The core is pure because it can reach nothing else: a compiled assembly names what it uses.</summary>
public sealed class PureCoreTests
{
    private static readonly Assembly Risk = typeof(Conventions).Assembly;
    private static readonly Assembly Keeper = typeof(KeeperStep).Assembly;

    [Fact]
    public void References_OfRisk_AreTheLanguageAndTheMathematics() => AssertOnly(
        Risk,
        [
            "KeeperOracle.Primitives", "MathNet.Numerics", "System.Runtime.Intrinsics", "System.Memory", "System.Runtime.InteropServices",
            "System.Numerics.Vectors",
        ]);

    [Fact]
    public void References_OfKeeper_AreTheLanguageAndRisk() => AssertOnly(
        Keeper, ["KeeperOracle.Primitives", "KeeperOracle.Risk", "System.Text.Json", "System.Text.Encodings.Web", "System.Memory"]);

    [Theory]
    [InlineData("KeeperOracle.Chain")]
    [InlineData("KeeperOracle.MarginOracle")]
    [InlineData("keeperoracle")]
    [InlineData("System.Net.Http")]
    [InlineData("System.Net.Primitives")]
    [InlineData("System.IO.FileSystem")]
    [InlineData("System.Threading.Thread")]
    [InlineData("Microsoft.Data.Sqlite")]
    public void References_OfTheCore_ReachNoEffect(string forbidden)
    {
        Assert.DoesNotContain(forbidden, Names(Risk));
        Assert.DoesNotContain(forbidden, Names(Keeper));
    }

    private static void AssertOnly(Assembly assembly, string[] allowed)
    {
        string[] language = ["System.Runtime", "System.Collections", "System.Collections.Immutable", "System.Linq", "System.Runtime.Numerics"];
        Assert.Empty(Names(assembly).Except(allowed).Except(language));
    }

    private static List<string> Names(Assembly assembly) => [.. assembly.GetReferencedAssemblies().Select(reference => reference.Name!)];
}
