using System.Text.Json;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Chain.Abi;

public sealed class AbiCodecTests
{
    private const int Cases = 600;

    [Fact]
    public async Task Codec_RandomTypesAndValues_EncodesAsViemAndDecodesBack()
    {
        var cases = Make(20261122);
        var expected = await Reference.AskViemAsync("abi", [.. cases.Select(item => new { parameters = item.Parameters, values = item.Values })]);
        foreach (var (item, encoded) in cases.Zip(expected))
        {
            Assert.Equal(encoded, Hex.FromBytes(Encode(item)));
            Assert.Equal(item.Values.GetRawText(), Decode(item, Hex.ToBytes(encoded)));
        }
    }

    /// <summary>One value has one form: whatever bit is flipped or byte cut off, the reader refuses, or reads another value that has exactly these bytes.</summary>
    [Fact]
    public void Reader_DamagedBytes_RefusesOrReadsTheirOnlyValue()
    {
        var random = new Random(7);
        foreach (var item in Make(99))
        {
            var whole = Encode(item);
            for (var i = 0; i < 40 && whole.Length > 0; i++)
            {
                var damaged = whole.ToArray();
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
                damaged = i % 4 == 0 ? damaged[..random.Next(damaged.Length)] : i % 7 == 0 ? [.. damaged, .. new byte[random.Next(1, 64)]] : damaged;
                try
                {
                    var values = Decode(item, damaged);
                    Assert.Equal(Hex.FromBytes(damaged), Hex.FromBytes(Encode(item with { Values = JsonDocument.Parse(values).RootElement })));
                }
                catch (AbiException)
                {
                    // Refused, as most are.
                }
            }
        }
    }

    private static List<Case> Make(int seed)
    {
        var random = new RandomAbi(seed);
        var cases = new List<Case>();
        for (var i = 0; i < Cases; i++)
        {
            var parameters = ToJson(Enumerable.Range(0, (i % 4) + 1).Select(_ => random.Parameter()).ToArray());
            cases.Add(new Case(parameters, ToJson(parameters.EnumerateArray().Select(random.Value).ToArray())));
        }

        return cases;
    }

    private static byte[] Encode(Case item)
    {
        var writer = new AbiWriter();
        foreach (var (parameter, value) in item.Parameters.EnumerateArray().Zip(item.Values.EnumerateArray()))
        {
            DynamicAbi.Write(writer, parameter, DynamicAbi.TypeOf(parameter), value);
        }

        return writer.ToBytes();
    }

    private static string Decode(Case item, byte[] data)
    {
        var parameters = item.Parameters.EnumerateArray().ToList();
        var reader = new AbiReader(data, parameters.Sum(parameter => DynamicAbi.HeadWords(parameter, DynamicAbi.TypeOf(parameter))));
        var values = new List<object>();
        foreach (var parameter in parameters)
        {
            values.Add(DynamicAbi.Read(ref reader, parameter, DynamicAbi.TypeOf(parameter)));
        }

        reader.Finish();
        return ToJson(values).GetRawText();
    }

    private static JsonElement ToJson(object value) => JsonSerializer.SerializeToElement(value);

    private sealed record Case(JsonElement Parameters, JsonElement Values);
}
