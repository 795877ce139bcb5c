using System.Text.Json;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;
using KeeperOracle.Tests.Chain.Abi;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Chain;

/// <summary>Every function, event and error of every ABI file, with random values, against viem.</summary>
public sealed class ContractBindingTests
{
    private const int CasesPerItem = 4;
    private readonly RandomAbi _random = new(4711);

    [Fact]
    public async Task Functions_RandomArguments_EncodeAsViemAndDecodeBack()
    {
        var cases = Cases("function", "inputs");
        var expected = await Reference.AskViemAsync("call", Questions(cases));
        foreach (var (item, encoded) in cases.Zip(expected))
        {
            dynamic call = BindingValues.Make(item.Type("Function"), item.Values);
            byte[] data = call.EncodeCall();
            Assert.Equal(encoded, Hex.FromBytes(data));
            Assert.Equal((object)call, BindingValues.TryDecode(item.Type("Function"), "TryDecodeCall", data));
            Assert.StartsWith(item.Name + "(", ContractCalls.Describe(data), StringComparison.Ordinal);
            Assert.Null(BindingValues.TryDecode(item.Type("Function"), "TryDecodeCall", data[..^1]));
        }
    }

    [Fact]
    public async Task Results_RandomValues_DecodeWhatViemEncodes()
    {
        var cases = Cases("function", "outputs");
        var expected = await Reference.AskViemAsync("result", Questions(cases));
        foreach (var (item, encoded) in cases.Zip(expected))
        {
            var call = BindingValues.MakeAny(item.Type("Function"));
            var decode = item.Type("Function").GetInterfaces().Single(found => found.Name.StartsWith("IContractFunction", StringComparison.Ordinal));
            var result = BindingValues.CallDecode(call, decode.GetGenericArguments()[0], Hex.ToBytes(encoded));
            var values = item.Values.EnumerateArray().ToList();
            var wanted = values.Count switch
            {
                0 => default(Unit),
                1 => BindingValues.Convert(values[0], decode.GetGenericArguments()[0]),
                _ => BindingValues.Make(decode.GetGenericArguments()[0], item.Values),
            };
            Assert.True(AbiEquality.Same<object>(wanted, result), $"{item.Contract}.{item.Name}: {AbiText.Of(wanted)} and {AbiText.Of(result)}");
            Assert.Throws<AbiException>(() => BindingValues.CallDecode(call, decode.GetGenericArguments()[0], [.. Hex.ToBytes(encoded), 0]));
        }
    }

    [Fact]
    public async Task Errors_RandomValues_DecodeAndReadAsSentences()
    {
        var cases = Cases("error", "inputs");
        var expected = await Reference.AskViemAsync("error", Questions(cases));
        foreach (var (item, encoded) in cases.Zip(expected))
        {
            var data = Hex.ToBytes(encoded);
            Assert.Equal(BindingValues.Make(item.Type("Error"), item.Values), BindingValues.TryDecode(item.Type("Error"), "TryDecode", data));
            Assert.StartsWith(item.Name + "(", ContractErrors.Describe(data), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Events_RandomValues_DecodeWhatViemEncodes()
    {
        var cases = Cases("event", "inputs");
        var expected = await Reference.AskViemAsync("event", Questions(cases));
        foreach (var (item, encoded) in cases.Zip(expected))
        {
            var answer = JsonDocument.Parse(encoded).RootElement;
            var topics = answer[0].EnumerateArray().Select(topic => Hash32.FromHex(topic.GetString()!)).ToList();
            var log = new LogEntry(default, topics, Hex.ToBytes(answer[1].GetString()!), 1, default, default, 0, false);
            Assert.Equal(BindingValues.Make(item.Type("Event"), item.Values), BindingValues.TryDecode(item.Type("Event"), "TryDecode", log));
            Assert.Null(BindingValues.TryDecode(item.Type("Event"), "TryDecode", log with { Data = [.. log.Data, 1] }));
            Assert.Null(BindingValues.TryDecode(item.Type("Event"), "TryDecode", log with { Topics = [.. topics, default] }));
            Assert.Null(BindingValues.TryDecode(item.Type("Event"), "TryDecode", log with { Topics = [default, .. topics.Skip(1)] }));
        }
    }

    /// <summary>What a contract of ours can say, itself or through a library that is linked to it, is never an unknown error.</summary>
    [Fact]
    public void Describe_ErrorsOfEveryContractAndLibrary_AreKnown()
    {
        var sources = Directory.GetFiles(RepositoryFiles.PathOf("contracts"), "*.sol", SearchOption.AllDirectories).Select(Path.GetFileName).ToList();
        var errors = sources
            .Select(source => RepositoryFiles.PathOf("artifacts", "contracts", source!))
            .Where(Directory.Exists)
            .SelectMany(directory => Directory.GetFiles(directory, "*.json"))
            .SelectMany(file => JsonDocument.Parse(File.ReadAllText(file)).RootElement.GetProperty("abi").EnumerateArray())
            .Where(entry => entry.GetProperty("type").GetString() == "error")
            .Select(entry => $"{entry.GetProperty("name").GetString()}({string.Join(',', entry.GetProperty("inputs").EnumerateArray().Select(input => input.GetProperty("type").GetString()))})")
            .Distinct()
            .ToList();
        Assert.True(errors.Count > 300, $"{errors.Count} errors");
        Assert.DoesNotContain(errors, error => ContractErrors.Describe(new AbiWriter().ToCall(Selector.Of(error))).StartsWith("unknown error", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("0x", "reverted without data")]
    [InlineData("0xdead", "unknown error 0xdead")]
    [InlineData("0xdeadbeef01", "unknown error 0xdeadbeef01")]
    [InlineData("0x4e487b710000000000000000000000000000000000000000000000000000000000000011", "Panic(0x11: arithmetic overflow)")]
    [InlineData("0x4e487b71ff", "malformed Panic (1 bytes where at least 32 must be): 0x4e487b71ff")]
    public void Describe_ForeignRevertData_SaysWhatItIs(string hex, string sentence) =>
        Assert.Equal(sentence, ContractErrors.Describe(Hex.ToBytes(hex)));

    [Fact]
    public void Describe_OwnError_NamesFieldsAndValues()
    {
        var account = Hash32.FromHex("0x" + new string('1', 64));
        var writer = new AbiWriter();
        writer.Hash(account);
        writer.BigUnsigned(123, 256);
        writer.BigUnsigned(100, 256);
        var data = writer.ToCall(MarginVault.RepayLimitTooSmallError.Selector);
        Assert.Equal($"RepayLimitTooSmall(account {account}, repay 123, limit 100)", ContractErrors.Describe(data));
    }

    [Fact]
    public void Describe_ErrorTextThatMovesTheCursor_IsEscaped()
    {
        var writer = new AbiWriter();
        writer.Text("a\u001b[2J\u202eb\"");
        Assert.Equal("Error(\"a\\u001b[2J\\u202eb\\\"\")", ContractErrors.Describe(writer.ToCall(Selector.Of("Error(string)"))));
    }

    private List<Case> Cases(string kind, string values)
    {
        var cases = new List<Case>();
        var files = Directory.GetFiles(RepositoryFiles.PathOf("abi"), "*.json").Concat(Directory.GetFiles(RepositoryFiles.PathOf("abi", "devnet"), "*.json"));
        foreach (var file in files.Where(file => char.IsUpper(Path.GetFileName(file)[0])).Order(StringComparer.Ordinal))
        {
            var items = JsonDocument.Parse(File.ReadAllText(file)).RootElement.EnumerateArray().Where(item => item.GetProperty("type").GetString() == kind).ToList();
            var overloaded = items.GroupBy(item => item.GetProperty("name").GetString()).Where(same => same.Count() > 1).Select(same => same.Key).ToHashSet();
            foreach (var item in items)
            {
                for (var i = 0; i < CasesPerItem; i++)
                {
                    var tree = item.GetProperty(values).EnumerateArray().Select(_random.Value).ToArray();
                    cases.Add(new Case(
                        Path.GetFileNameWithoutExtension(file), item, JsonSerializer.SerializeToElement(tree), overloaded.Contains(item.GetProperty("name").GetString())));
                }
            }
        }

        return cases;
    }

    private static List<object> Questions(List<Case> cases) => [.. cases.Select(item => new { item = item.Item, values = item.Values })];

    private sealed record Case(string Contract, JsonElement Item, JsonElement Values, bool IsOverloaded)
    {
        public string Name => Item.GetProperty("name").GetString()!;

        /// <summary>The generated record, found by the name it must have.</summary>
        public Type Type(string suffix)
        {
            // An overload carries the types of its parameters; those of ours are elementary (AbiGeneratorTests has others).
            var types = IsOverloaded ? string.Concat(Item.GetProperty("inputs").EnumerateArray().Select(input => Capital(input.GetProperty("type").GetString()!))) : "";
            var name = Capital(Name) + types + suffix;
            return typeof(MarginVault).Assembly.GetType($"KeeperOracle.Chain.Contracts.{Contract}+{name}", throwOnError: true, ignoreCase: true)!;
        }

        private static string Capital(string text) =>
            string.Concat(text.Split('_', StringSplitOptions.RemoveEmptyEntries).Select(part => char.ToUpperInvariant(part[0]) + part[1..]));
    }
}
