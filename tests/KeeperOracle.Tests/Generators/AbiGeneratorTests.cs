using System.Text.Json;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Primitives;
using KeeperOracle.Tests.Chain;
using KeeperOracle.Tests.Chain.Abi;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace KeeperOracle.Tests.Generators;

public sealed class AbiGeneratorTests
{
    private const string Contracts = "KeeperOracle.Chain.Contracts";

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[")]
    [InlineData("[1]")]
    [InlineData("[] []")]
    [InlineData("""[{"name":"f"}]""")]
    [InlineData("""[{"type":"mystery","name":"f"}]""")]
    [InlineData("""[{"type":"function","inputs":[],"outputs":[]}]""")]
    [InlineData("""[{"type":"function","name":"f","inputs":[]}]""")]
    [InlineData("""[{"type":"function","name":"f","inputs":[{"name":"a"}],"outputs":[]}]""")]
    [InlineData("""[{"type":"function","name":"f","inputs":[{"name":"a","type":"uint257"}],"outputs":[]}]""")]
    [InlineData("""[{"type":"function","name":"f","inputs":[{"name":"a","type":"uint7"}],"outputs":[]}]""")]
    [InlineData("""[{"type":"function","name":"f","inputs":[{"name":"a","type":"bytes33"}],"outputs":[]}]""")]
    [InlineData("""[{"type":"function","name":"f","inputs":[{"name":"a","type":"uint8[0]"}],"outputs":[]}]""")]
    [InlineData("""[{"type":"function","name":"f","inputs":[{"name":"a","type":"uint8]"}],"outputs":[]}]""")]
    [InlineData("""[{"type":"function","name":"f","inputs":[{"name":"a","type":"function"}],"outputs":[]}]""")]
    [InlineData("""[{"type":"function","name":"f","inputs":[{"name":"a","type":"tuple"}],"outputs":[]}]""")]
    [InlineData("""[{"type":"function","name":"f","inputs":[{"name":"a","type":"tuple","components":[]}],"outputs":[]}]""")]
    [InlineData("""[{"type":"function","name":"f","name":"g","inputs":[],"outputs":[]}]""")]
    [InlineData("""[{"type":"event","name":"E","anonymous":true,"inputs":[]}]""")]
    public void Generate_MalformedFile_IsAnErrorThatNamesIt(string text)
    {
        var problem = Assert.Single(GeneratorRun.Diagnose(("abi/Broken.json", text)));
        Assert.Equal(("KO0001", DiagnosticSeverity.Error), (problem.Id, problem.Severity));
        Assert.Contains("Broken.json", problem.GetMessage(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }

    [Fact]
    public void Generate_TwoFilesOfOneName_IsAnError() => Assert.Single(GeneratorRun.Diagnose(("abi/A.json", "[]"), ("abi/devnet/A.json", "[]")));

    [Fact]
    public void Generate_FileInLowerCaseOrOtherKind_IsNoAbi() => Assert.Empty(GeneratorRun.Diagnose(("abi/openapi.json", "{}"), ("abi/Note.txt", "?")));

    [Fact]
    public void Generate_Overloads_AreNamedByTheirParameters()
    {
        var types = GeneratorRun.Compile(("A.json", """
            [{"type":"function","name":"f","inputs":[],"outputs":[]},
             {"type":"function","name":"f","inputs":[{"name":"a","type":"uint256[]"},{"name":"b","type":"address"}],"outputs":[]},
             {"type":"function","name":"g","inputs":[],"outputs":[]}]
            """));
        Assert.NotNull(types.GetType($"{Contracts}.A+FFunction"));
        Assert.NotNull(types.GetType($"{Contracts}.A+FUint256ArrayAddressFunction"));
        Assert.NotNull(types.GetType($"{Contracts}.A+GFunction"));
    }

    [Fact]
    public void Generate_OneStructInTwoContracts_IsOneType()
    {
        var types = GeneratorRun.Compile(("A.json", UsesStruct("f", "struct Lib.S", "uint256")), ("B.json", UsesStruct("g", "struct Lib.S", "uint256")));
        Assert.NotNull(types.GetType($"{Contracts}.S"));
        Assert.Equal(types.GetType($"{Contracts}.A+FFunction")!.GetProperty("S")!.PropertyType, types.GetType($"{Contracts}.B+GFunction")!.GetProperty("S")!.PropertyType);
    }

    [Fact]
    public void Generate_TwoStructsOfOneName_LiveInTheirContracts()
    {
        var types = GeneratorRun.Compile(("A.json", UsesStruct("f", "struct A.S", "uint256")), ("B.json", UsesStruct("f", "struct B.S", "address")));
        Assert.Null(types.GetType($"{Contracts}.S"));
        Assert.NotNull(types.GetType($"{Contracts}.A+S"));
        Assert.NotNull(types.GetType($"{Contracts}.B+S"));
    }

    /// <summary>Names that C# or the generator has taken, doubled, empty, of underscores, or equal to the type around them.</summary>
    [Fact]
    public void Generate_HostileNames_Compile() => GeneratorRun.Compile(("A.json", """
        [{"type":"constructor","inputs":[]},{"type":"receive"},
         {"type":"function","name":"a","inputs":[{"name":"selector","type":"bytes4"},{"name":"x_","type":"uint8"},{"name":"_x","type":"uint8"},{"name":"","type":"uint8"},
           {"name":"_","type":"uint8"},{"name":"this","type":"bool"},{"name":"equals","type":"bool"},{"name":"aFunction","type":"bool"},{"name":"1st","type":"bool"}],
           "outputs":[{"name":"","type":"uint256"},{"name":"","type":"uint256[2][]"}],"stateMutability":"view"},
         {"type":"function","name":"A","inputs":[{"name":"s","type":"tuple","internalType":"struct A","components":[{"name":"a","type":"string"},{"name":"","type":"int24"}]}],"outputs":[]},
         {"type":"function","name":"plain","inputs":[{"name":"","type":"tuple[3]","components":[{"name":"class","type":"bytes32"}]}],"outputs":[]},
         {"type":"event","name":"E","inputs":[{"name":"topic","type":"string","indexed":true},{"name":"log","type":"bytes","indexed":false},{"name":"decoded","type":"uint8[2]","indexed":true}]},
         {"type":"error","name":"Describe","inputs":[{"name":"revertData","type":"bytes"},{"name":"w","type":"uint256"},{"name":"r","type":"uint256"}]}]
        """));

    [Fact]
    public async Task Generate_RandomAbis_EncodeAsViemAndDecodeBack()
    {
        var random = new RandomAbi(31);
        var items = Enumerable.Range(0, 60).Select(i => new Dictionary<string, object>
        {
            ["type"] = "function",
            ["name"] = $"f{i}",
            ["inputs"] = Enumerable.Range(0, i % 4).Select(_ => random.Parameter()).ToArray(),
            ["outputs"] = Enumerable.Range(0, 1).Select(_ => random.Parameter()).ToArray(),
            ["stateMutability"] = "view",
        }).ToList();
        var json = JsonSerializer.SerializeToElement(items);
        var types = GeneratorRun.Compile(("Random.json", json.GetRawText()));
        var cases = json.EnumerateArray().Select(item => (
            Item: item,
            Type: types.GetType($"{Contracts}.Random+F{item.GetProperty("name").GetString()![1..]}Function", throwOnError: true)!,
            Values: JsonSerializer.SerializeToElement(item.GetProperty("inputs").EnumerateArray().Select(random.Value).ToArray()))).ToList();
        var expected = await Reference.AskViemAsync("call", [.. cases.Select(found => new { item = found.Item, values = found.Values })]);
        foreach (var (found, encoded) in cases.Zip(expected))
        {
            var call = BindingValues.Make(found.Type, found.Values);
            var data = (byte[])found.Type.GetMethod("EncodeCall")!.Invoke(call, [])!;
            Assert.Equal(encoded, Hex.FromBytes(data));
            Assert.Equal(call, BindingValues.TryDecode(found.Type, "TryDecodeCall", data));
            Assert.Equal(call.GetHashCode(), BindingValues.TryDecode(found.Type, "TryDecodeCall", data)!.GetHashCode());
        }
    }

    /// <summary>Typing in a source file must not run the generator again.</summary>
    [Fact]
    public void Generate_OnlySourceChanged_ReusesEverything()
    {
        var driver = GeneratorRun.Driver(("A.json", "[]")).RunGenerators(GeneratorRun.Empty);
        var changed = GeneratorRun.Empty.AddSyntaxTrees(CSharpSyntaxTree.ParseText("class C;"));
        var steps = driver.RunGenerators(changed).GetRunResult().Results.Single().TrackedOutputSteps.SelectMany(step => step.Value).SelectMany(step => step.Outputs);
        Assert.All(steps, output => Assert.Equal(IncrementalStepRunReason.Cached, output.Reason));
    }

    [Fact]
    public void Selector_OfGeneratedCalls_IsThatOfTheCanonicalSignature() =>
        Assert.Equal("0xa9059cbb", Selector.Of("transfer(address,uint256)").ToString());

    private static string UsesStruct(string function, string internalType, string type) =>
        "[{\"type\":\"function\",\"name\":\"" + function + "\",\"inputs\":[{\"name\":\"s\",\"type\":\"tuple\",\"internalType\":\"" + internalType
        + "\",\"components\":[{\"name\":\"x\",\"type\":\"" + type + "\"}]}],\"outputs\":[]}]";
}
