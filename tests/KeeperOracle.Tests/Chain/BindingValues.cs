using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Reflection;
using System.Text.Json;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Chain;

/// <summary>Generated records made from JSON values, and their methods called, by reflection.</summary>
internal static class BindingValues
{
    public static object Make(Type type, JsonElement values)
    {
        var constructor = type.GetConstructors().Single(found => found.GetParameters() is not [{ } only] || only.ParameterType != type);
        return constructor.Invoke([.. constructor.GetParameters().Zip(values.EnumerateArray()).Select(pair => Convert(pair.Second, pair.First.ParameterType))]);
    }

    /// <summary>An instance whose arguments do not matter.</summary>
    public static object MakeAny(Type type) => System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(type);

    public static object Convert(JsonElement value, Type type)
    {
        if (type.IsGenericType)
        {
            var element = type.GetGenericArguments()[0];
            var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(element))!;
            foreach (var item in value.EnumerateArray())
            {
                list.Add(Convert(item, element));
            }

            return list;
        }

        return value.ValueKind switch
        {
            JsonValueKind.True or JsonValueKind.False => value.GetBoolean(),
            JsonValueKind.Array => Make(type, value),
            _ when type == typeof(string) => value.GetString()!,
            _ when type == typeof(byte[]) => Hex.ToBytes(value.GetString()!),
            _ when type == typeof(Address) => Address.FromHex(value.GetString()!),
            _ when type == typeof(Hash32) => Hash32.FromHex(value.GetString()!),
            _ when type == typeof(BigInteger) => BigInteger.Parse(value.GetString()!, CultureInfo.InvariantCulture),
            _ => System.Convert.ChangeType(value.GetString()!, type, CultureInfo.InvariantCulture),
        };
    }

    public static object CallDecode(object call, Type result, byte[] data) =>
        typeof(BindingValues).GetMethod(nameof(Decode), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(result).CreateDelegate<Func<object, byte[], object>>()(call, data);

    private static object Decode<T>(object call, byte[] data) => ((IContractFunction<T>)call).DecodeResult(data)!;

    private delegate bool TryDecodeBytes<T>(ReadOnlySpan<byte> data, out T? decoded);

    private delegate bool TryDecodeLog<T>(LogEntry log, out T? decoded);

    public static object? TryDecode(Type type, string method, object source) =>
        typeof(BindingValues).GetMethod(nameof(TryDecodeAs), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(type).CreateDelegate<Func<string, object, object?>>()(method, source);

    private static object? TryDecodeAs<T>(string method, object source)
    {
        var found = typeof(T).GetMethod(method)!;
        T? decoded;
        var isDecoded = source is LogEntry log
            ? found.CreateDelegate<TryDecodeLog<T>>()(log, out decoded)
            : found.CreateDelegate<TryDecodeBytes<T>>()((byte[])source, out decoded);
        Assert.Equal(isDecoded, decoded is not null);
        return decoded;
    }
}
