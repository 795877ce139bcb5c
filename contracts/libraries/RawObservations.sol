// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SignedObservation} from "../types/Observation.sol";

/// @title Signed observations as the bytes they came in
/// @dev Passing them on with Solidity's own encoder copies every field of every asset of every signer; the bytes are already right. An array in
/// calldata is its length and then its elements, and offsets inside it count from its elements, so they hold wherever the whole is moved to. The
/// receiver decodes and checks them like any other calldata.
library RawObservations {
    /// @notice From the length of the array to the end of the call's data.
    function bytesOf(SignedObservation[] calldata observations) internal pure returns (bytes calldata) {
        uint256 start;
        assembly ("memory-safe") {
            start := sub(observations.offset, 32)
        }
        return msg.data[start:];
    }
}
