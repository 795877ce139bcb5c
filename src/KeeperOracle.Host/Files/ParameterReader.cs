using System.Reflection;
using System.Text.Json;

namespace KeeperOracle.Host.Files;

/// <summary>
/// Reads a model's parameters, which are records of numbers, flags, words, lists and further such records. Keys are the names of their
/// members; what a file leaves out keeps the record's own default. Nothing about any model stands here.
/// </summary>
internal static class ParameterReader
{
    /// <summary>The defaults where <paramref name="part"/> is null.</summary>
    public static T Read<T>(JsonInput? part)
        where T : class
    {
        var usual = (T)AllDefaults(typeof(T));
        return part is null ? usual : (T)Record(part, typeof(T), usual);
    }

    /// <summary>A record all of whose members have a default.</summary>
    private static object AllDefaults(Type type)
    {
        var constructor = Constructor(type);
        return constructor.Invoke(Array.ConvertAll(constructor.GetParameters(), argument => argument.DefaultValue));
    }

    /// <summary>The one that takes the members of the record, not the one that copies it.</summary>
    private static ConstructorInfo Constructor(Type type) => type.GetConstructors()
        .Where(one => one.GetParameters() is not [{ } only] || only.ParameterType != type)
        .MaxBy(one => one.GetParameters().Length)!;

    private static object Record(JsonInput part, Type type, object? usual)
    {
        var constructor = Constructor(type);
        var arguments = constructor.GetParameters();
        object? Usual(ParameterInfo argument) => usual is null ? DefaultOf(argument) : type.GetProperty(argument.Name!)!.GetValue(usual);
        var record = constructor.Invoke(
            Array.ConvertAll(arguments, argument => Value(part, argument.Name!, argument.ParameterType, Usual(argument))));
        foreach (var property in type.GetProperties().Where(property => IsOwn(property, arguments)))
        {
            property.SetValue(record, Value(part, property.Name, property.PropertyType, property.GetValue(record)));
        }

        return record;
    }

    /// <summary>Settable where the record is made, and not already by its constructor.</summary>
    private static bool IsOwn(PropertyInfo property, ParameterInfo[] arguments) =>
        property.SetMethod is { IsPublic: true, IsStatic: false } && !Array.Exists(arguments, argument => argument.Name == property.Name);

    private static object? DefaultOf(ParameterInfo argument) => argument.HasDefaultValue ? argument.DefaultValue : null;

    private static object? Value(JsonInput part, string name, Type type, object? usual)
    {
        var key = JsonNamingPolicy.CamelCase.ConvertName(name);
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        if (bare == typeof(double))
        {
            return part.OptionalNumber(key) ?? usual ?? (bare == type ? part.Number(key) : null);
        }

        if (bare == typeof(int))
        {
            return part.OptionalNumber(key) is { } number ? Whole(part, key, number) : usual ?? 0;
        }

        if (bare == typeof(bool))
        {
            return part.Flag(key, usual is true);
        }

        if (bare.IsEnum)
        {
            return part.OptionalChoice(key, [.. Enum.GetNames(bare).Select(JsonNamingPolicy.CamelCase.ConvertName)]) is { } word
                ? Enum.Parse(bare, word, ignoreCase: true)
                : usual ?? Activator.CreateInstance(bare);
        }

        if (bare == typeof(IReadOnlyList<double>))
        {
            return part.NumberList(key) ?? usual;
        }

        if (bare == typeof(IReadOnlyDictionary<string, double>))
        {
            return part.Has(key) ? part.Numbers(key, NumberRange.Any).ToDictionary(StringComparer.Ordinal) : usual;
        }

        return bare.IsGenericType && bare.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)
            ? List(part, key, bare.GetGenericArguments()[0], usual)
            : part.Object(key, inner => Record(inner, bare, usual)) ?? usual;
    }

    private static object? List(JsonInput part, string key, Type element, object? usual)
    {
        var items = part.List(key, inner => Record(inner, element, null));
        if (!part.Has(key))
        {
            return usual;
        }

        var list = Array.CreateInstance(element, items.Count);
        for (var i = 0; i < items.Count; i++)
        {
            list.SetValue(items[i], i);
        }

        return list;
    }

    private static int Whole(JsonInput part, string key, double number)
    {
        if (number == Math.Floor(number) && Math.Abs(number) <= int.MaxValue)
        {
            return (int)number;
        }

        part.Refuse("NotAWholeNumber", key, $"{number:R} is no whole number.");
        return 0;
    }
}
